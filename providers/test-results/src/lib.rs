//! The library of the provider of what builds report of their tests.
//! Its code is in `badgesmith-reported`, which the client links as well.

use badgesmith_reported::test_results;

badgesmith_provider::export!(test_results::TestResults, test_results::MANIFEST);

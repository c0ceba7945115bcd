//! The library of the test-results provider, which accepts the test results that builds report. Its code is in
//! `badgesmith-reported`, which the client links as well.

use badgesmith_reported::test_results;

badgesmith_provider::export!(test_results::TestResults, test_results::MANIFEST);

//! The library of the coverage provider, which accepts the coverage that builds report. Its code is in
//! `badgesmith-reported`, which the client links as well.

use badgesmith_reported::coverage;

badgesmith_provider::export!(coverage::Coverage, coverage::MANIFEST);

//! The library of the values provider, which accepts any number or word that builds report. Its code is in
//! `badgesmith-reported`, which the client links as well.

use badgesmith_reported::values;

badgesmith_provider::export!(values::Values, values::MANIFEST);

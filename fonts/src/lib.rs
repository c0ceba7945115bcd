//! How wide a text is in the faces badges are set in.

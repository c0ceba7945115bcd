//! The provider as a host sees it: transcripts, and what was recorded of GitHub.

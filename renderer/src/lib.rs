//! A resolved badge drawn as shields draws it: SVG and JSON.

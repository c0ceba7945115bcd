//! Write a BadgeSmith provider: a pure function from a question and its answers to a badge.

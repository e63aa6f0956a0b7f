//! 志愿、摇号: wishes, and a draw that anybody can repeat.
//!
//! 1. The outcome is a pure function of the published list and a seed (`lots.rs`), in
//!    whole numbers; the rules in plain words are RULES.zh.txt, and a script in another
//!    language comes to the same (tests/draw/verify.py).

pub mod file;
pub mod lots;

/// The rules in plain words; shown at `/m/draw-rules.txt`.
pub const RULES: &str = include_str!("RULES.zh.txt");

#[cfg(test)]
mod tests;

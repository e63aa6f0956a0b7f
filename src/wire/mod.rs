//! The words that all endpoints share on the wire.
//!
//! 1. Every failure has the same body: `code`, `message`, `request_id`, and for a
//!    refused resident `next`.
//! 2. Who may call is a handler's parameter.

pub mod about;
pub mod auth;
pub mod caller;
pub mod common;
pub mod page;
pub mod problem;
pub mod sheet;
pub mod tags;

pub use problem::{ApiError, ApiResult};

//! Lists.

use poem_openapi::Object;
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};

/// A list; `total` counts what there is, `items` what is given.
#[derive(Debug, Object)]
pub struct Page<T: Type + ParseFromJSON + ToJSON + Send + Sync> {
    pub items: Vec<T>,
    pub total: u64,
}

impl<T: Type + ParseFromJSON + ToJSON + Send + Sync> Page<T> {
    /// A list that is given whole.
    pub fn whole(items: Vec<T>) -> Self {
        let total = items.len() as u64;
        Self { items, total }
    }
}

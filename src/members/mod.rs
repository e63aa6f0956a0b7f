//! Residents.
use crate::app::App;
use crate::error::{Error, Result};
use entity::ids::ResidentId;

/// A signed-in resident.
#[derive(Clone, Debug)]
pub struct Learner {
    pub id: ResidentId,
}

pub async fn authenticate(_app: &App, _token: &str) -> Result<Learner> {
    Err(Error::unauthenticated("unauthenticated", "请先登录。"))
}

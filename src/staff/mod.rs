//! People with a login for the console.
use crate::app::App;
use crate::error::{Error, Result};
use entity::ids::{CommunityId, StaffId};
use entity::kinds::Role;

/// A signed-in member of staff.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub id: StaffId,
    pub name: String,
    pub role: Role,
    pub community: Option<CommunityId>,
}

pub async fn authenticate(_app: &App, _token: &str) -> Result<Colleague> {
    Err(Error::unauthenticated("unauthenticated", "请先登录。"))
}
pub async fn record(
    _tx: &sea_orm::DatabaseTransaction,
    _by: Option<StaffId>,
    _action: &str,
    _object: &str,
    _detail: Option<&str>,
    _now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    Ok(())
}
pub async fn names(
    _conn: &impl sea_orm::ConnectionTrait,
    _ids: &[StaffId],
) -> Result<std::collections::HashMap<StaffId, String>> {
    Ok(std::collections::HashMap::new())
}

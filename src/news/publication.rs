//! The way of an approved article to the account.

use entity::ids::PublicationId;

use crate::app::App;
use crate::error::{Error, Result};

/// Job: brings a publication as far as it goes in one run.
///
/// # Errors
/// The platform does not answer: tried again later.
pub async fn publish_job(_app: &App, id: PublicationId) -> Result<()> {
    Err(Error::internal(format!("publication {id}: not built yet")))
}

/// Job: asks the platform how a publication ended.
///
/// # Errors
/// The platform does not answer: tried again later.
pub async fn follow_publication(_app: &App, id: PublicationId) -> Result<()> {
    Err(Error::internal(format!("publication {id}: not built yet")))
}

pub async fn publication_finished(
    _tx: &sea_orm::DatabaseTransaction,
    _result: &crate::wechat::message::PublishResult,
    _now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    Ok(())
}

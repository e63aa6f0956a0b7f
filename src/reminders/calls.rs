//! 待电话提醒: whom WeChat does not reach in time, and who told them.

use entity::ids::{NoticeId, StaffId};
use entity::notice;

use super::store;
use crate::app::App;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::notices::{self, Values};
use crate::staff::{self, Colleague};

/// Somebody to be called, and what is to be said.
#[derive(Debug)]
pub struct Call {
    pub row: notice::Model,
    pub person: Person,
    pub values: Values,
}

/// Whom this colleague is to call, the most urgent first; with `told` whom somebody called.
///
/// # Errors
/// `no_community`.
pub async fn calls(app: &App, who: &Colleague, told: bool) -> Result<Vec<Call>> {
    let conn = app.db.read();
    let rows = store::calls(conn, staff::scope(who)?, told, app.clock.now()).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let people = members::people(app, conn, &ids).await?;
    let mut calls = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(person) = people.get(&row.resident_id).cloned() else { continue };
        let values = serde_json::from_str(&row.values)?;
        calls.push(Call { row, person, values });
    }
    Ok(calls)
}

/// How many are to be called.
///
/// # Errors
/// `no_community`.
pub async fn waiting(app: &App, who: &Colleague) -> Result<u64> {
    store::waiting(app.db.read(), staff::scope(who)?, app.clock.now()).await
}

/// Notes that somebody was told, or was not after all. Who said so first stands.
///
/// # Errors
/// `no_call`, also of another community's.
pub async fn set_told(app: &App, who: &Colleague, id: NoticeId, told: bool) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let none = || Error::not_found("no_call", "没有找到这一条，请刷新看看。");
    store::call(&tx, id, staff::scope(who)?).await?.ok_or_else(none)?;
    let by: Option<StaffId> = told.then_some(who.id);
    if notices::told_by_phone(&tx, id, by, now).await? {
        let action = if told { "reminder.told" } else { "reminder.not_told" };
        staff::record(&tx, Some(who.id), action, &format!("notice:{id}"), None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

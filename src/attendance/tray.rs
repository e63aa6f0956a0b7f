//! 待处理: what could not be taken waits for somebody who looks after the class.

use std::collections::HashMap;

use entity::ids::{ResidentId, StaffId, TrayId};
use entity::kinds::{
    ActorKind, AttendanceStatus, CheckInWay, MeetingStatus, ScanKind, TrayOutcome,
};
use entity::scan_tray::Model;

use super::why::Why;
use super::{MeetingFacts, Scope, latest, reason, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::staff::{self, Colleague};

/// So many settled ones are shown.
const MOST_SETTLED: u64 = 200;

/// A scan in the tray, with both sides: what was sent, and what the register says.
#[derive(Clone, Debug)]
pub struct Entry {
    pub row: Model,
    pub facts: MeetingFacts,
    /// Whose it is, as others see the name, and the learner number.
    pub person: Option<(String, String)>,
    pub register: Option<AttendanceStatus>,
    pub uploaded_by: String,
    pub settled_by: Option<String>,
    pub why: Option<Why>,
}

/// The tray of the classes that a colleague looks after, the newest first.
///
/// # Errors
/// `no_community`.
pub async fn entries(app: &App, who: &Colleague, settled: bool) -> Result<Vec<Entry>> {
    let scope = Scope::of(who)?;
    let conn = app.db.read();
    let rows = store::tray::list(conn, settled, MOST_SETTLED).await?;
    let meetings: Vec<_> = rows.iter().map(|row| row.meeting_id).collect();
    let meetings = store::meetings(conn, &meetings).await?;
    let register = store::tray::register(conn, &rows).await?;
    let residents: Vec<ResidentId> =
        rows.iter().flat_map(|row| [row.resident_id, row.uploaded_by_resident]).flatten().collect();
    let people = members::people(app, conn, &residents).await?;
    let clerks: Vec<StaffId> =
        rows.iter().flat_map(|row| [row.uploaded_by, row.settled_by]).flatten().collect();
    let clerks: HashMap<StaffId, String> = staff::names(conn, &clerks).await?;
    let name = |id: StaffId| clerks.get(&id).cloned().unwrap_or_else(|| "工作人员".to_owned());
    let seen = |person: &Person| members::name_for_others(person.name.clone(), person.name_state);
    let entry = |row: Model| {
        let facts = meetings.get(&row.meeting_id)?.clone();
        let said = row.resident_id.and_then(|id| register.get(&(row.meeting_id, id)).copied());
        // A nod that came late has answered it.
        let answered = row.settled_at.is_none()
            && row.why == Why::NotNodded.word()
            && said == Some(AttendanceStatus::Present);
        if !scope.holds(&facts) || answered {
            return None;
        }
        let person = row.resident_id.and_then(|id| people.get(&id)).map(|person| {
            let name = seen(person);
            // A number that was guessed gives no name.
            let guessed = row.kind == ScanKind::Tap && row.why == Why::NotOnRoll.word();
            let name = if guessed { members::masked_name(&name) } else { name };
            (name, person.learner_number.clone())
        });
        let uploaded_by = match (row.uploaded_by, row.uploaded_by_resident) {
            (Some(id), _) => name(id),
            (None, by) if by == row.resident_id && row.why == Why::NotNodded.word() => {
                "本人".to_owned()
            }
            (None, by) => {
                let by = by.and_then(|id| people.get(&id)).map(seen);
                super::monitor_name(&by.unwrap_or_default())
            }
        };
        Some(Entry {
            uploaded_by,
            facts,
            person,
            register: said,
            settled_by: row.settled_by.map(name),
            why: Why::of(&row.why),
            row,
        })
    };
    Ok(rows.into_iter().filter_map(entry).collect())
}

/// How a colleague settles an entry.
#[derive(Clone, Debug)]
pub struct Settling {
    /// 记为到课 (or what the tap said); else 不算.
    pub counts: bool,
    pub reason: String,
    /// Whose it is, where the scan does not say so.
    pub learner_number: Option<String>,
}

/// Settles an entry. Settled again in the same way it stays as it is.
///
/// # Errors
/// `no_entry`, `not_your_class`, `reason_needed`, `settled`, `who_needed`, `no_resident`,
/// `meeting_cancelled`.
pub async fn settle(app: &App, who: &Colleague, id: TrayId, how: &Settling) -> Result<()> {
    let none = || Error::not_found("no_entry", "没有找到这一条。");
    let why = reason(Some(&how.reason))?
        .ok_or_else(|| Error::invalid("reason_needed", "请写明原因。"))?;
    let outcome = if how.counts { TrayOutcome::Counted } else { TrayOutcome::Dismissed };
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = store::tray::lock(&tx, id).await?.ok_or_else(none)?;
    let facts = store::meeting(&tx, row.meeting_id).await?.ok_or_else(none)?;
    if !Scope::of(who)?.holds(&facts) {
        return Err(Error::forbidden("not_your_class", "这不是您负责的班级。"));
    }
    if let Some(settled) = row.outcome {
        if settled == outcome {
            return Ok(());
        }
        return Err(Error::conflict("settled", "这一条已经处理过了，请刷新看看。"));
    }
    let resident = person(app, &tx, &row, how).await?;
    if how.counts {
        if facts.meeting.status == MeetingStatus::Cancelled {
            return Err(Error::conflict("meeting_cancelled", "这次课已经停课，不能记。"));
        }
        let resident = resident
            .ok_or_else(|| Error::invalid("who_needed", "这条不知道是谁的，请写上学员号。"))?;
        let words = store::events::hold(&tx, row.meeting_id, resident, now).await?;
        let event = store::events::NewEvent {
            meeting: row.meeting_id,
            resident,
            // A person's word with a reason, whatever was scanned.
            way: CheckInWay::Roll,
            status: Some(row.status.unwrap_or(AttendanceStatus::Present)),
            actor_kind: ActorKind::Staff,
            actor_id: Some(who.id.0),
            reason: Some(why.clone()),
            code_step: None,
            happened_at: latest(&words, now),
            device_at: Some(row.device_at),
            device: Some(row.device.clone()),
            scan_id: Some(row.scan_id.clone()),
            nodded_at: None,
        };
        store::events::append(&tx, &[event], now).await?;
        super::compute(&tx, &facts, &[resident], now).await?;
    }
    store::tray::settle(&tx, id, resident, (who.id, outcome, &why), now).await?;
    let (action, object) = ("attendance.settled", format!("tray:{id}"));
    staff::record(&tx, Some(who.id), action, &object, Some(&why), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Whose it is: known, or said by who settles it.
async fn person(
    app: &App,
    tx: &sea_orm::DatabaseTransaction,
    row: &Model,
    how: &Settling,
) -> Result<Option<ResidentId>> {
    let number = how.learner_number.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let (None, Some(number)) = (row.resident_id, number) else { return Ok(row.resident_id) };
    let found = members::by_number(app, tx, number).await?;
    let found = found.ok_or_else(|| Error::not_found("no_resident", "没有这个学员号。"))?;
    Ok(Some(found.id))
}

/// What a scan of this kind is called.
pub fn kind_text(kind: ScanKind) -> &'static str {
    match kind {
        ScanKind::Card => "扫学员卡",
        ScanKind::Tap => "点名",
        ScanKind::Nod => "扫海报",
        ScanKind::Count => "数人头",
        ScanKind::Sample => "抽查",
    }
}

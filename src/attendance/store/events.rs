//! Events, and the row that is computed from them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use entity::ids::{MeetingId, ResidentId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay};
use entity::{attendance, attendance_event};

use crate::attendance::register::{Standing, Word};
use crate::error::Result;
use crate::sql::{self, among};

/// What is written of a scan, tap, request or correction.
#[derive(Clone, Debug)]
pub(in crate::attendance) struct NewEvent {
    pub(in crate::attendance) meeting: MeetingId,
    pub(in crate::attendance) resident: ResidentId,
    pub(in crate::attendance) way: CheckInWay,
    pub(in crate::attendance) status: Option<AttendanceStatus>,
    pub(in crate::attendance) actor_kind: ActorKind,
    pub(in crate::attendance) actor_id: Option<i64>,
    pub(in crate::attendance) reason: Option<String>,
    pub(in crate::attendance) code_step: Option<i64>,
    pub(in crate::attendance) happened_at: DateTime<Utc>,
    pub(in crate::attendance) device_at: Option<DateTime<Utc>>,
    pub(in crate::attendance) device: Option<String>,
    pub(in crate::attendance) scan_id: Option<String>,
    pub(in crate::attendance) nodded_at: Option<DateTime<Utc>>,
}

impl NewEvent {
    /// What it says; of those that come after all others.
    pub(in crate::attendance) fn word(&self) -> Word {
        Word {
            id: i64::MAX,
            scan_id: self.scan_id.clone(),
            way: self.way,
            status: self.status,
            happened_at: self.happened_at,
            reason: self.reason.clone(),
            code_step: self.code_step,
        }
    }
}

/// Rows in one statement.
const ROWS: usize = 128;

/// A person at a meeting.
pub(in crate::attendance) type Key = (MeetingId, ResidentId);

/// Makes the one row for each of these, where there was none; for whom it did. These rows are
/// held, and of these people nothing was said before. Each says where the register stands,
/// with the hours that count if they are there, in a transaction that goes on to write why.
///
/// In the order of the keys, and before any row that was there is held: so nobody waits in
/// a circle.
pub(in crate::attendance) async fn open(
    tx: &DatabaseTransaction,
    people: &BTreeMap<Key, (Standing, i32)>,
    now: DateTime<Utc>,
) -> Result<HashSet<Key>> {
    use attendance::Column;
    let rows = people.iter().map(|(key, (standing, hours))| row(*key, standing, *hours, now));
    let once = OnConflict::columns([Column::MeetingId, Column::ResidentId]).do_nothing().to_owned();
    let columns = [Column::MeetingId, Column::ResidentId];
    let made = sql::insert_once(tx, rows, ROWS, once, &columns).await?;
    made.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// `hours`: that count if they are there.
fn row(
    (meeting, resident): Key,
    standing: &Standing,
    hours: i32,
    now: DateTime<Utc>,
) -> attendance::ActiveModel {
    let present = standing.status == Some(AttendanceStatus::Present);
    attendance::ActiveModel {
        meeting_id: Set(meeting),
        resident_id: Set(resident),
        status: Set(standing.status),
        hours_hundredths: Set(if present { hours } else { 0 }),
        first_present_at: Set(standing.first_present_at),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// Locks the row of one person, which is made if need be; and what was said of them.
pub(in crate::attendance) async fn hold(
    tx: &DatabaseTransaction,
    meeting: MeetingId,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<Vec<Word>> {
    let key = (meeting, resident);
    let silent = BTreeMap::from([(key, (Standing::default(), 0))]);
    if open(tx, &silent, now).await?.contains(&key) {
        return Ok(Vec::new());
    }
    Ok(held_words(tx, &[key]).await?.remove(&key).unwrap_or_default())
}

/// Locks the rows of these people, which are there, in the order of [`open`]; and what
/// was said of them.
pub(in crate::attendance) async fn held_words(
    tx: &DatabaseTransaction,
    people: &[Key],
) -> Result<HashMap<Key, Vec<Word>>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let meetings = sql::distinct(people.iter().map(|(meeting, _)| *meeting));
    let residents = sql::distinct(people.iter().map(|(_, resident)| *resident));
    // Also whatever else these people are at among these meetings: harmless, and hardly ever.
    attendance::Entity::find()
        .select_only()
        .column(attendance::Column::Id)
        .filter(among(tx, attendance::Column::MeetingId, &meetings))
        .filter(among(tx, attendance::Column::ResidentId, &residents))
        .order_by_asc(attendance::Column::MeetingId)
        .order_by_asc(attendance::Column::ResidentId)
        .lock_exclusive()
        .into_tuple::<i64>()
        .all(tx)
        .await?;
    let find = attendance_event::Entity::find()
        .filter(among(tx, attendance_event::Column::MeetingId, &meetings))
        .filter(among(tx, attendance_event::Column::ResidentId, &residents))
        .order_by_asc(attendance_event::Column::Id);
    let mut words: HashMap<_, Vec<Word>> = HashMap::new();
    for event in find.all(tx).await? {
        words.entry((event.meeting_id, event.resident_id)).or_default().push(word(event));
    }
    Ok(words)
}

/// How many of them are new: a used code, or a name that is known, is not.
pub(in crate::attendance) async fn append(
    tx: &DatabaseTransaction,
    events: &[NewEvent],
    now: DateTime<Utc>,
) -> Result<u64> {
    if events.is_empty() {
        return Ok(0);
    }
    let rows = events.iter().cloned().map(|event| attendance_event::ActiveModel {
        meeting_id: Set(event.meeting),
        resident_id: Set(event.resident),
        way: Set(event.way),
        status: Set(event.status),
        actor_kind: Set(event.actor_kind),
        actor_id: Set(event.actor_id),
        reason: Set(event.reason),
        code_step: Set(event.code_step),
        happened_at: Set(event.happened_at),
        received_at: Set(now),
        device_at: Set(event.device_at),
        device: Set(event.device),
        scan_id: Set(event.scan_id),
        nodded_at: Set(event.nodded_at),
        ..Default::default()
    });
    let once = OnConflict::new().do_nothing().to_owned();
    sql::insert_or(tx, rows, ROWS, once).await
}

/// Lets the rows say what follows from all that was said.
pub(in crate::attendance) async fn set_all(
    tx: &DatabaseTransaction,
    meeting: MeetingId,
    standings: impl IntoIterator<Item = (ResidentId, Standing)>,
    hours: i32,
    now: DateTime<Utc>,
) -> Result<()> {
    use attendance::Column;
    let mut rows: Vec<_> = standings
        .into_iter()
        .map(|(resident, standing)| row((meeting, resident), &standing, hours, now))
        .collect();
    // In the order in which they are locked.
    rows.sort_unstable_by_key(|row| row.resident_id.clone().take());
    let instead = OnConflict::columns([Column::MeetingId, Column::ResidentId])
        .update_columns([
            Column::Status,
            Column::HoursHundredths,
            Column::FirstPresentAt,
            Column::UpdatedAt,
        ])
        .to_owned();
    sql::insert_or(tx, rows, ROWS, instead).await?;
    Ok(())
}

/// All that was said at a meeting, by person; of `residents` alone where given.
pub(in crate::attendance) async fn words(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    residents: Option<&[ResidentId]>,
) -> Result<HashMap<ResidentId, Vec<Word>>> {
    let mut find = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .order_by_asc(attendance_event::Column::Id);
    if let Some(residents) = residents {
        find = find.filter(among(conn, attendance_event::Column::ResidentId, residents));
    }
    let mut words: HashMap<ResidentId, Vec<Word>> = HashMap::new();
    for event in find.all(conn).await? {
        words.entry(event.resident_id).or_default().push(word(event));
    }
    Ok(words)
}

/// All that was said at these meetings, by meeting and person.
pub(in crate::attendance) async fn words_at(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<(MeetingId, ResidentId), Vec<Word>>> {
    let find = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.is_in(meetings.iter().copied()))
        .order_by_asc(attendance_event::Column::Id);
    let mut words: HashMap<_, Vec<Word>> = HashMap::new();
    for event in find.all(conn).await? {
        words.entry((event.meeting_id, event.resident_id)).or_default().push(word(event));
    }
    Ok(words)
}

fn word(event: attendance_event::Model) -> Word {
    Word {
        id: event.id,
        scan_id: event.scan_id,
        way: event.way,
        status: event.status,
        happened_at: event.happened_at,
        reason: event.reason,
        code_step: event.code_step,
    }
}

/// Of these names, those that are known.
pub(in crate::attendance) async fn known(
    conn: &impl ConnectionTrait,
    scan_ids: &[String],
) -> Result<HashSet<String>> {
    let found: Vec<Option<String>> = attendance_event::Entity::find()
        .select_only()
        .column(attendance_event::Column::ScanId)
        .filter(among(conn, attendance_event::Column::ScanId, scan_ids))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// What was recorded of one person, in the order in which it happened.
pub(in crate::attendance) async fn of(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    resident: ResidentId,
) -> Result<Vec<attendance_event::Model>> {
    Ok(attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .filter(attendance_event::Column::ResidentId.eq(resident))
        .order_by_asc(attendance_event::Column::HappenedAt)
        .order_by_asc(attendance_event::Column::Id)
        .all(conn)
        .await?)
}

//! The only queries on teams, who is in them, shifts and what was served.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef, SqlErr,
};

use entity::ids::{
    ClassId, MeetingId, ResidentId, ServiceId, StaffId, TeacherId, TeamId, TeamMemberId,
    VolunteerId,
};
use entity::kinds::{ActorKind, EnrolmentStatus, MeetingStatus, MemberState};
use entity::{
    class, enrolment, meeting, service, service_change, shift, team, team_member, team_step,
    volunteer,
};

use super::teams::{Applied, NewTeam};
use crate::error::{Error, Result};
use crate::sql::among;

// ---- teams ----

pub(super) async fn teams(conn: &impl ConnectionTrait) -> Result<Vec<team::Model>> {
    let find = team::Entity::find().order_by_asc(team::Column::Place);
    Ok(find.order_by_asc(team::Column::Id).all(conn).await?)
}

pub(super) async fn team(conn: &impl ConnectionTrait, id: TeamId) -> Result<Option<team::Model>> {
    Ok(team::Entity::find_by_id(id).one(conn).await?)
}

/// `None`: there is none with this id.
pub(super) async fn save_team(
    tx: &DatabaseTransaction,
    id: Option<TeamId>,
    new: &NewTeam,
) -> Result<Option<team::Model>> {
    let row = team::ActiveModel {
        name: Set(new.name.clone()),
        purpose: Set(new.purpose.clone()),
        leader_id: Set(new.leader_id),
        closed: Set(new.closed),
        ..Default::default()
    };
    let saved = if let Some(id) = id {
        team::ActiveModel { id: Unchanged(id), ..row }.update(tx).await
    } else {
        let place = teams(tx).await?.last().map_or(0, |last| last.place) + 1;
        team::ActiveModel { place: Set(place), ..row }.insert(tx).await
    };
    match saved {
        Ok(row) => Ok(Some(row)),
        Err(DbErr::RecordNotUpdated) => Ok(None),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Err(Error::conflict("already_there", "已经有这个名字的队了。").with_source(error))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn stand_as(
    tx: &DatabaseTransaction,
    id: TeamId,
    teacher: TeacherId,
) -> Result<()> {
    team::Entity::update_many()
        .col_expr(team::Column::TeacherId, Expr::value(teacher))
        .filter(team::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

// ---- who is in them ----

pub(super) async fn volunteer_of(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Option<volunteer::Model>> {
    let find = volunteer::Entity::find().filter(volunteer::Column::ResidentId.eq(resident));
    Ok(find.one(conn).await?)
}

/// Notes what somebody says of themselves.
pub(super) async fn keep_volunteer(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    said: &Applied,
    now: DateTime<Utc>,
) -> Result<VolunteerId> {
    let row = volunteer::ActiveModel {
        resident_id: Set(resident),
        skills: Set(said.skills.clone()),
        availability: Set(said.availability.clone()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let anew = OnConflict::column(volunteer::Column::ResidentId)
        .update_columns([
            volunteer::Column::Skills,
            volunteer::Column::Availability,
            volunteer::Column::UpdatedAt,
        ])
        .to_owned();
    volunteer::Entity::insert(row).on_conflict(anew).exec_without_returning(tx).await?;
    let kept = volunteer_of(tx, resident).await?;
    Ok(kept.ok_or_else(|| Error::internal("a volunteer just kept is not there"))?.id)
}

/// False: they are in it, or have applied.
pub(super) async fn apply(
    tx: &DatabaseTransaction,
    team: TeamId,
    volunteer: VolunteerId,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = team_member::ActiveModel {
        team_id: Set(team),
        volunteer_id: Set(volunteer),
        state: Set(MemberState::Applied),
        applied_at: Set(now),
        changed_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let written =
        team_member::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    if written == 0 {
        return Ok(false);
    }
    let row = team_member::Entity::find()
        .filter(team_member::Column::TeamId.eq(team))
        .filter(team_member::Column::VolunteerId.eq(volunteer))
        .filter(team_member::Column::State.eq(MemberState::Applied))
        .one(tx)
        .await?
        .ok_or_else(|| Error::internal("an application just made is not there"))?;
    let actor = (ActorKind::Resident, Some(resident.0));
    add_step(tx, row.id, None, &Step { to: MemberState::Applied, actor, reason: None }, now)
        .await?;
    Ok(true)
}

/// One step of somebody in a team.
pub(super) struct Step {
    pub(super) to: MemberState,
    pub(super) actor: (ActorKind, Option<i64>),
    pub(super) reason: Option<String>,
}

/// False: they are no longer where the row says.
pub(super) async fn step(
    tx: &DatabaseTransaction,
    row: &team_member::Model,
    step: &Step,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = team_member::Entity::update_many()
        .col_expr(team_member::Column::State, Expr::value(step.to))
        .col_expr(team_member::Column::ChangedAt, Expr::value(now))
        .filter(team_member::Column::Id.eq(row.id))
        .filter(team_member::Column::State.eq(row.state))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Ok(false);
    }
    add_step(tx, row.id, Some(row.state), step, now).await?;
    Ok(true)
}

async fn add_step(
    tx: &DatabaseTransaction,
    id: TeamMemberId,
    from: Option<MemberState>,
    step: &Step,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = team_step::ActiveModel {
        member_id: Set(id),
        from_state: Set(from),
        to_state: Set(step.to),
        actor_kind: Set(step.actor.0),
        actor_id: Set(step.actor.1),
        reason: Set(step.reason.clone()),
        at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

fn to_volunteer() -> RelationDef {
    team_member::Entity::belongs_to(volunteer::Entity)
        .from(team_member::Column::VolunteerId)
        .to(volunteer::Column::Id)
        .into()
}

pub(super) async fn member(
    conn: &impl ConnectionTrait,
    id: TeamMemberId,
) -> Result<Option<(team_member::Model, volunteer::Model)>> {
    let Some(row) = team_member::Entity::find_by_id(id).one(conn).await? else { return Ok(None) };
    let volunteer = volunteer::Entity::find_by_id(row.volunteer_id).one(conn).await?;
    Ok(volunteer.map(|volunteer| (row, volunteer)))
}

/// The newest first.
pub(super) async fn memberships(
    conn: &impl ConnectionTrait,
    volunteer: VolunteerId,
) -> Result<Vec<team_member::Model>> {
    Ok(team_member::Entity::find()
        .filter(team_member::Column::VolunteerId.eq(volunteer))
        .order_by_desc(team_member::Column::Id)
        .all(conn)
        .await?)
}

/// Everybody who ever applied, the newest first.
pub(super) async fn of_team(
    conn: &impl ConnectionTrait,
    team: TeamId,
) -> Result<Vec<(team_member::Model, volunteer::Model)>> {
    let rows = team_member::Entity::find()
        .filter(team_member::Column::TeamId.eq(team))
        .order_by_desc(team_member::Column::Id)
        .all(conn)
        .await?;
    let ids: Vec<VolunteerId> = rows.iter().map(|row| row.volunteer_id).collect();
    let find = volunteer::Entity::find().filter(among(conn, volunteer::Column::Id, &ids));
    let people: HashMap<VolunteerId, volunteer::Model> =
        find.all(conn).await?.into_iter().map(|row| (row.id, row)).collect();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let volunteer = people.get(&row.volunteer_id)?.clone();
            Some((row, volunteer))
        })
        .collect())
}

/// Why somebody stands where they stand, as it was said last.
pub(super) async fn last_reasons(
    conn: &impl ConnectionTrait,
    members: &[TeamMemberId],
) -> Result<HashMap<TeamMemberId, String>> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = team_step::Entity::find()
        .filter(among(conn, team_step::Column::MemberId, members))
        .order_by_asc(team_step::Column::Id)
        .all(conn)
        .await?;
    let mut last = HashMap::new();
    for row in rows {
        match row.reason {
            Some(reason) => last.insert(row.member_id, reason),
            None => last.remove(&row.member_id),
        };
    }
    Ok(last)
}

/// How many trained people each team has.
pub(super) async fn sizes(conn: &impl ConnectionTrait) -> Result<HashMap<TeamId, i64>> {
    let rows: Vec<(TeamId, i64)> = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::TeamId)
        .column_as(team_member::Column::Id.count(), "count")
        .filter(team_member::Column::State.is_in([MemberState::Approved, MemberState::Trained]))
        .group_by(team_member::Column::TeamId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Where somebody stands in a team now.
pub(super) async fn state_in(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    team: TeamId,
) -> Result<Option<MemberState>> {
    let row = team_member::Entity::find()
        .join(JoinType::InnerJoin, to_volunteer())
        .filter(volunteer::Column::ResidentId.eq(resident))
        .filter(team_member::Column::TeamId.eq(team))
        .order_by_desc(team_member::Column::Id)
        .one(conn)
        .await?;
    Ok(row.map(|row| row.state))
}

/// What names an erased person is gone.
pub(super) async fn forget(
    tx: &DatabaseTransaction,
    id: VolunteerId,
    resident: ResidentId,
) -> Result<()> {
    volunteer::Entity::update_many()
        .col_expr(volunteer::Column::Skills, Expr::value(""))
        .col_expr(volunteer::Column::Availability, Expr::value(""))
        .filter(volunteer::Column::Id.eq(id))
        .exec(tx)
        .await?;
    let members = Query::select()
        .column(team_member::Column::Id)
        .from(team_member::Entity)
        .and_where(team_member::Column::VolunteerId.eq(id))
        .to_owned();
    team_step::Entity::update_many()
        .col_expr(team_step::Column::Reason, Expr::value(Option::<String>::None))
        .filter(team_step::Column::MemberId.in_subquery(members))
        .exec(tx)
        .await?;
    let services = Query::select()
        .column(service::Column::Id)
        .from(service::Entity)
        .and_where(service::Column::ResidentId.eq(resident))
        .to_owned();
    service_change::Entity::update_many()
        .col_expr(service_change::Column::Reason, Expr::value("（已注销，内容已删）"))
        .filter(service_change::Column::ServiceId.in_subquery(services))
        .filter(service_change::Column::Reason.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

// ---- shifts ----

pub(super) async fn shift(
    conn: &impl ConnectionTrait,
    id: ClassId,
) -> Result<Option<shift::Model>> {
    Ok(shift::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn insert_shift(
    tx: &DatabaseTransaction,
    class: ClassId,
    team: TeamId,
    task: &str,
) -> Result<()> {
    let row =
        shift::ActiveModel { class_id: Set(class), team_id: Set(team), task: Set(task.to_owned()) };
    shift::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// With a meeting that ends after `from`.
pub(super) async fn shifts(
    conn: &impl ConnectionTrait,
    of: Option<TeamId>,
    from: DateTime<Utc>,
) -> Result<Vec<shift::Model>> {
    let later = Query::select()
        .column(meeting::Column::ClassId)
        .from(meeting::Entity)
        .and_where(meeting::Column::EndsAt.gt(from))
        .to_owned();
    let mut find = shift::Entity::find().filter(shift::Column::ClassId.in_subquery(later));
    if let Some(team) = of {
        find = find.filter(shift::Column::TeamId.eq(team));
    }
    Ok(find.all(conn).await?)
}

pub(super) async fn meetings_of(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<Vec<meeting::Model>> {
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(meeting::Entity::find()
        .filter(among(conn, meeting::Column::ClassId, classes))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .order_by_asc(meeting::Column::StartsAt)
        .all(conn)
        .await?)
}

pub(super) async fn placed(conn: &impl ConnectionTrait, class: ClassId) -> Result<Vec<ResidentId>> {
    Ok(enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ResidentId)
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?)
}

// ---- what was served ----

pub(super) async fn services(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<HashMap<ResidentId, service::Model>> {
    let find = service::Entity::find().filter(service::Column::MeetingId.eq(meeting));
    Ok(find.all(conn).await?.into_iter().map(|row| (row.resident_id, row)).collect())
}

async fn service_of(
    tx: &DatabaseTransaction,
    (meeting, resident): (MeetingId, ResidentId),
) -> Result<service::Model> {
    let row = service::Entity::find()
        .filter(service::Column::MeetingId.eq(meeting))
        .filter(service::Column::ResidentId.eq(resident))
        .one(tx)
        .await?;
    row.ok_or_else(|| Error::internal("a service just written is not there"))
}

/// The first word on somebody's minutes; false: there was one before. `by`: staff say so, and
/// why, and not the scans.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    of: (MeetingId, ResidentId),
    minutes: i32,
    by: Option<(StaffId, &str)>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = service::ActiveModel {
        meeting_id: Set(of.0),
        resident_id: Set(of.1),
        minutes: Set(minutes),
        settled_at: Set(now),
        public_from: Set(now),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let written = service::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    if written == 0 {
        return Ok(false);
    }
    let id = service_of(tx, of).await?.id;
    add_change(tx, id, (None, minutes), by, now).await?;
    Ok(true)
}

/// False: it does not say `was`.
pub(super) async fn correct(
    tx: &DatabaseTransaction,
    of: (MeetingId, ResidentId),
    (was, minutes): (i32, i32),
    (by, why): (StaffId, &str),
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = service::Entity::update_many()
        .col_expr(service::Column::Minutes, Expr::value(minutes))
        .col_expr(service::Column::PublicFrom, Expr::value(now))
        .filter(service::Column::MeetingId.eq(of.0))
        .filter(service::Column::ResidentId.eq(of.1))
        .filter(service::Column::Minutes.eq(was))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Ok(false);
    }
    let id = service_of(tx, of).await?.id;
    add_change(tx, id, (Some(was), minutes), Some((by, why)), now).await?;
    Ok(true)
}

async fn add_change(
    tx: &DatabaseTransaction,
    id: ServiceId,
    (from, to): (Option<i32>, i32),
    by: Option<(StaffId, &str)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = service_change::ActiveModel {
        service_id: Set(id),
        from_minutes: Set(from),
        to_minutes: Set(to),
        staff_id: Set(by.map(|(staff, _)| staff)),
        reason: Set(by.map(|(_, why)| why.to_owned())),
        at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// The last correction of each, where there was one.
pub(super) async fn corrections(
    conn: &impl ConnectionTrait,
    services: &[ServiceId],
) -> Result<HashMap<ServiceId, service_change::Model>> {
    if services.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = service_change::Entity::find()
        .filter(among(conn, service_change::Column::ServiceId, services))
        .filter(service_change::Column::StaffId.is_not_null())
        .order_by_asc(service_change::Column::Id)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.service_id, row)).collect())
}

/// Minutes that somebody served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// That have hung out: these count.
    pub confirmed: i64,
    /// That still hang out.
    pub hanging: i64,
    /// How often they served.
    pub times: i64,
}

pub(super) async fn hours(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    hung_out: DateTime<Utc>,
) -> Result<Hours> {
    let rows =
        service::Entity::find().filter(service::Column::ResidentId.eq(resident)).all(conn).await?;
    let mut hours = Hours::default();
    for row in rows {
        let minutes = i64::from(row.minutes);
        if row.public_from <= hung_out {
            hours.confirmed += minutes;
        } else {
            hours.hanging += minutes;
        }
        hours.times += i64::from(row.minutes > 0);
    }
    Ok(hours)
}

/// Something that hangs out.
pub(super) struct Hanging {
    pub(super) resident: ResidentId,
    pub(super) minutes: i32,
    pub(super) public_from: DateTime<Utc>,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) shift_name: String,
    pub(super) team_name: String,
}

pub(super) async fn hanging(
    conn: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<Vec<Hanging>> {
    served(conn, Some(since), None).await
}

/// What one person served, the newest first.
pub(super) async fn of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<Hanging>> {
    served(conn, None, Some(resident)).await
}

/// As [`Hanging`], from the database.
type Line = (ResidentId, i32, DateTime<Utc>, DateTime<Utc>, String, String);

async fn served(
    conn: &impl ConnectionTrait,
    since: Option<DateTime<Utc>>,
    of: Option<ResidentId>,
) -> Result<Vec<Hanging>> {
    let relation = |def: RelationDef| def;
    let to_meeting = relation(
        service::Entity::belongs_to(meeting::Entity)
            .from(service::Column::MeetingId)
            .to(meeting::Column::Id)
            .into(),
    );
    let to_class = relation(
        meeting::Entity::belongs_to(class::Entity)
            .from(meeting::Column::ClassId)
            .to(class::Column::Id)
            .into(),
    );
    let to_shift = relation(
        class::Entity::belongs_to(shift::Entity)
            .from(class::Column::Id)
            .to(shift::Column::ClassId)
            .into(),
    );
    let to_team = relation(
        shift::Entity::belongs_to(team::Entity)
            .from(shift::Column::TeamId)
            .to(team::Column::Id)
            .into(),
    );
    let mut find = service::Entity::find()
        .join(JoinType::InnerJoin, to_meeting)
        .join(JoinType::InnerJoin, to_class)
        .join(JoinType::InnerJoin, to_shift)
        .join(JoinType::InnerJoin, to_team)
        .select_only()
        .column(service::Column::ResidentId)
        .column(service::Column::Minutes)
        .column(service::Column::PublicFrom)
        .column(meeting::Column::StartsAt)
        .column_as(class::Column::Name, "shift_name")
        .column_as(team::Column::Name, "team_name")
        .order_by_desc(service::Column::PublicFrom)
        .order_by_desc(service::Column::Id);
    if let Some(since) = since {
        find = find.filter(service::Column::PublicFrom.gt(since));
    }
    if let Some(resident) = of {
        find = find.filter(service::Column::ResidentId.eq(resident));
    }
    let rows: Vec<Line> = find.into_tuple().all(conn).await?;
    let hanging = |(resident, minutes, public_from, starts_at, shift_name, team_name): Line| {
        Hanging { resident, minutes, public_from, starts_at, shift_name, team_name }
    };
    Ok(rows.into_iter().map(hanging).collect())
}

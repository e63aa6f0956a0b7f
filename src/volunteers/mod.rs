//! 志愿者: teams, who serves in them, shifts, and the time that was served.
//!
//! 1. A volunteer is a resident. They apply to a team, its leader takes them in, and once
//!    they are trained they sign up for its shifts. One live membership per person and team
//!    (unique index); who left comes again with a new one, and the steps of both stay.
//! 2. A shift is a class of kind `shift` (`courses/gatherings.rs`): its places, sign-up,
//!    codes and roll are those of any class. It counts as neither 人次 nor 学时.
//! 3. Each scan of a shift's code is kept by the register; the first says when somebody came,
//!    the last when they went. From these the minutes are settled, once per person and
//!    meeting (unique index); the way there is no part of them. Who did not scan out has no
//!    minutes until the leader says how long it was, and why they think so.
//! 4. Minutes are changed by a correction alone: a conditional statement that names what
//!    they were, with a reason, written in the same transaction. The last change and the row
//!    say the same, and each change begins where the one before ended.
//! 5. What is settled hangs out for a week, masked; a correction hangs out anew. Stars and
//!    statements count what has hung out. Nothing is counted up anywhere.
//! 6. The leader of a team acts for it, the centre for all; officers act at the sites of
//!    their own community. Whom to call when something happens is the relative whom the
//!    resident has named; that it was looked up is noted.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, MeetingId, ResidentId, StaffId, TeamId, TeamMemberId};
use entity::kinds::{ActorKind, ClassKind, MemberState, Role, TeacherKind};
use entity::{certificate, meeting, shift, team, team_member, volunteer};

use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::courses::{self, ClassFacts, Gathering, NewTeacher, Times};
use crate::enrolment::{self, Actor, SignUp, SignUpOptions};
use crate::error::{Error, Result};
use crate::learning;
use crate::members::{self, Learner, Person};
use crate::staff::{self, Colleague};

pub mod api;
mod service;
mod stars;
mod store;
mod teams;
mod way;

pub use service::{PublicLine, Row, correct, hours_of, proof, public, rows, settle};
pub use stars::stars;
pub use store::Hours;
pub use teams::{
    Applied, NewTeam, apply, change_own, forget_resident, leave, may_lead, membership, memberships,
    reveal_contact, save_team, set_state, team, team_members, teams,
};
pub use way::is_live;

/// So long what is settled hangs out.
const HANGS_OUT: TimeDelta = TimeDelta::days(7);

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// A shift with its class and meetings.
#[derive(Clone, Debug)]
pub struct Shift {
    pub row: shift::Model,
    pub team: team::Model,
    pub facts: ClassFacts,
    pub meetings: Vec<meeting::Model>,
}

/// What is said of a shift.
#[derive(Clone, Debug)]
pub struct NewShift {
    pub class: Gathering,
    pub task: String,
}

fn no_shift() -> Error {
    Error::not_found("shift_not_found", "没有找到这次志愿服务。")
        .or_else("看看有哪些志愿服务", Some("/volunteer".to_owned()))
}

/// One shift.
///
/// # Errors
/// `shift_not_found`.
pub async fn shift(conn: &impl ConnectionTrait, id: ClassId) -> Result<Shift> {
    let row = store::shift(conn, id).await?.ok_or_else(no_shift)?;
    let team = team(conn, row.team_id).await?;
    let facts = courses::class(conn, id).await?;
    let meetings = courses::meetings(conn, id).await?;
    Ok(Shift { row, team, facts, meetings })
}

/// As [`shift`], of what this colleague leads.
///
/// # Errors
/// `shift_not_found`, `not_your_team`.
pub async fn led_shift(app: &App, who: &Colleague, id: ClassId) -> Result<Shift> {
    let found = shift(app.db.read(), id).await?;
    may_lead(who, &found.team)?;
    Ok(found)
}

/// The shifts of a team, or of all, that begin after `from`, the earliest first.
///
/// # Errors
/// The database.
pub async fn shifts(
    conn: &impl ConnectionTrait,
    of: Option<TeamId>,
    from: DateTime<Utc>,
) -> Result<Vec<Shift>> {
    let rows = store::shifts(conn, of, from).await?;
    let ids: Vec<ClassId> = rows.iter().map(|row| row.class_id).collect();
    let mut facts = courses::classes(conn, &ids).await?;
    let teams: HashMap<TeamId, team::Model> =
        store::teams(conn).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut meetings: HashMap<ClassId, Vec<meeting::Model>> = HashMap::new();
    for one in store::meetings_of(conn, &ids).await? {
        meetings.entry(one.class_id).or_default().push(one);
    }
    let mut found: Vec<Shift> = rows
        .into_iter()
        .filter_map(|row| {
            let id = row.class_id;
            let (team, facts) = (teams.get(&row.team_id)?.clone(), facts.remove(&id)?);
            Some(Shift { row, team, facts, meetings: meetings.remove(&id).unwrap_or_default() })
        })
        .collect();
    found.sort_by_key(|one| (one.meetings.first().map(|first| first.starts_at), one.row.class_id));
    Ok(found)
}

/// Plans a shift of a team.
///
/// # Errors
/// `team_not_found`, `not_your_team`, `out_of_scope`; a field that cannot be.
pub async fn add_shift(
    app: &App,
    who: &Colleague,
    id: TeamId,
    new: &NewShift,
    times: &[Times],
) -> Result<ClassId> {
    let now = app.clock.now();
    let task = teams::text(&new.task, "做什么", 1, 500)?;
    let tx = app.db.begin().await?;
    let found = team(&tx, id).await?;
    may_lead(who, &found)?;
    let sites = courses::sites(&tx).await?;
    if let Some(site) = sites.iter().find(|site| site.id == new.class.site_id) {
        courses::within_scope(who, site)?;
    }
    let teacher_id = teams::stands_as(&tx, &found, now).await?;
    let gathering = Gathering {
        kind: ClassKind::Shift,
        teacher_id,
        open_door: false,
        credited: false,
        smart_technology: false,
        ..new.class.clone()
    };
    let class = courses::create_gathering(&tx, who.id, &gathering, times, now).await?;
    store::insert_shift(&tx, class.id, id, &task).await?;
    tx.commit().await?;
    Ok(class.id)
}

/// Signs a trained volunteer up for a shift of their team.
///
/// # Errors
/// `shift_not_found`, `shift_over`; `not_in_team`, `not_trained`; `overlap`, naming what they
/// have at that time; and as [`enrolment::sign_up_to`].
pub async fn sign_up(
    app: &App,
    who: &Learner,
    id: ClassId,
    request_key: Option<String>,
) -> Result<SignUp> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let found = shift(conn, id).await?;
    if !found.meetings.iter().any(|one| one.ends_at > now) {
        return Err(Error::conflict("shift_over", "这次志愿服务已经结束了。"));
    }
    match store::state_in(conn, who.id, found.team.id).await? {
        Some(MemberState::Trained) => {}
        Some(MemberState::Approved) => {
            return Err(Error::forbidden("not_trained", "还没有培训过，培训以后才能报名。"));
        }
        _ => {
            let message = format!("这是“{}”的服务，先加入这支队伍。", found.team.name);
            return Err(Error::forbidden("not_in_team", message)
                .or_else("去申请加入", Some("/volunteer".to_owned())));
        }
    }
    if let Some(clash) = enrolment::clashes(conn, who.id, id, now).await?.into_iter().next() {
        let message =
            format!("这个时间有“{}”（{}）。", clash.class_name, clock::spoken(clash.starts_at));
        return Err(Error::conflict("overlap", message));
    }
    let options =
        SignUpOptions { join_waitlist: false, actor: Actor::Resident(who.id), request_key };
    enrolment::sign_up_to(app, ClassKind::Shift, who.id, id, options).await
}

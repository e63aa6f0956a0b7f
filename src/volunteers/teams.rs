//! Teams, and how people come into them and leave.

use std::collections::HashSet;

use entity::ids::TeacherId;

use super::way::leads_to;
use super::*;

/// What is said of a team.
#[derive(Clone, Debug)]
pub struct NewTeam {
    pub name: String,
    pub purpose: String,
    pub leader_id: Option<StaffId>,
    pub closed: bool,
}

/// What somebody says of themselves when they apply.
#[derive(Clone, Debug)]
pub struct Applied {
    pub skills: String,
    pub availability: String,
}

pub(super) fn text(value: &str, label: &str, least: usize, most: usize) -> Result<String> {
    let value = value.trim();
    let length = value.chars().count();
    if length < least {
        return Err(Error::invalid("missing", format!("请填写{label}。")));
    }
    if length > most {
        return Err(Error::invalid("too_long", format!("{label}太长了，最多 {most} 个字。")));
    }
    if value.chars().any(|one| one.is_control() && one != '\n') {
        return Err(Error::invalid("bad_text", format!("{label}里有不能用的符号。")));
    }
    Ok(value.to_owned())
}

/// A reason that has to be there.
pub(super) fn reason(value: &str) -> Result<String> {
    if value.trim().is_empty() {
        return Err(Error::invalid("reason_needed", "请写明原因。"));
    }
    text(value, "原因", 1, LONGEST_REASON)
}

fn no_team() -> Error {
    Error::not_found("team_not_found", "没有找到这支服务队。")
}

/// All teams, in their order.
///
/// # Errors
/// The database.
pub async fn teams(conn: &impl ConnectionTrait) -> Result<Vec<team::Model>> {
    store::teams(conn).await
}

/// One of them.
///
/// # Errors
/// `team_not_found`.
pub async fn team(conn: &impl ConnectionTrait, id: TeamId) -> Result<team::Model> {
    store::team(conn, id).await?.ok_or_else(no_team)
}

/// Refuses whoever is neither the leader of the team nor of the centre.
///
/// # Errors
/// `not_your_team`.
pub fn may_lead(who: &Colleague, team: &team::Model) -> Result<()> {
    if matches!(who.role, Role::Admin | Role::Centre) || team.leader_id == Some(who.id) {
        return Ok(());
    }
    Err(Error::forbidden("not_your_team", "这不是您负责的服务队。"))
}

/// Writes down a team, or what is said of one now.
///
/// # Errors
/// `missing`, `too_long`, `team_not_found`, `already_there`; `not_a_leader`: that login opens
/// no rolls.
pub async fn save_team(
    app: &App,
    who: &Colleague,
    id: Option<TeamId>,
    new: &NewTeam,
) -> Result<team::Model> {
    let new = NewTeam {
        name: text(&new.name, "队名", 1, 20)?,
        purpose: text(&new.purpose, "做什么", 1, 100)?,
        ..new.clone()
    };
    if let Some(leader) = new.leader_id {
        let logins = staff::list(app).await?;
        let fits = logins.iter().any(|one| one.id == leader && leads(one.role));
        if !fits {
            let message = "队长要用管理员、教育中心、社区专职或教师的账号。";
            return Err(Error::invalid("not_a_leader", message));
        }
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let saved = store::save_team(&tx, id, &new).await?.ok_or_else(no_team)?;
    let action = if id.is_some() { "team.changed" } else { "team.created" };
    let object = format!("team:{}", saved.id);
    staff::record(&tx, Some(who.id), action, &object, Some(&saved.name), now).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Whose login opens rolls.
pub(super) fn leads(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Centre | Role::Officer | Role::Teacher)
}

/// As whose the team's shifts stand in the register: the leader, so that they open its
/// rolls; one is made where there is none.
pub(super) async fn stands_as(
    tx: &DatabaseTransaction,
    team: &team::Model,
    now: DateTime<Utc>,
) -> Result<TeacherId> {
    if let Some(leader) = team.leader_id
        && let Some(teacher) = courses::teacher_of_staff(tx, leader).await?
    {
        return Ok(teacher);
    }
    if let Some(teacher) = team.teacher_id {
        return Ok(teacher);
    }
    let new = NewTeacher {
        name: format!("{}（服务队）", team.name),
        kind: TeacherKind::Volunteer,
        staff_id: team.leader_id,
    };
    let made = courses::create_teacher(tx, team.leader_id, &new, now).await?;
    store::stand_as(tx, team.id, made.id).await?;
    Ok(made.id)
}

/// Applies to a team.
///
/// # Errors
/// `consent_needed`, `profile_needed`, `relative_needed`: there is nobody to call; `team_not_found`,
/// `team_closed`; `already_applied`; `too_long`.
pub async fn apply(app: &App, who: &Learner, id: TeamId, said: &Applied) -> Result<()> {
    let said = checked(said)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let profile = members::ready(app, &tx, who.id).await?;
    if !profile.has_relative {
        let message = "做志愿者，先留一位家人的电话，有事好联系。";
        return Err(Error::forbidden("relative_needed", message)
            .or_else("去填家人", Some("/relative".to_owned())));
    }
    if team(&tx, id).await?.closed {
        return Err(Error::conflict("team_closed", "这支服务队不再收人了，看看别的队。"));
    }
    let volunteer = store::keep_volunteer(&tx, who.id, &said, now).await?;
    if !store::apply(&tx, id, volunteer, who.id, now).await? {
        return Err(Error::conflict("already_applied", "您已经申请过这支队伍了。"));
    }
    tx.commit().await?;
    Ok(())
}

fn checked(said: &Applied) -> Result<Applied> {
    Ok(Applied {
        skills: text(&said.skills, "会做什么", 0, 200)?,
        availability: text(&said.availability, "什么时候有空", 0, 200)?,
    })
}

/// A volunteer says anew what they can do, and when.
///
/// # Errors
/// `not_a_volunteer`, `too_long`.
pub async fn change_own(app: &App, who: &Learner, said: &Applied) -> Result<()> {
    let (said, now) = (checked(said)?, app.clock.now());
    let tx = app.db.begin().await?;
    if store::volunteer_of(&tx, who.id).await?.is_none() {
        return Err(Error::not_found("not_a_volunteer", "您还不是志愿者，先申请加入一支队伍。"));
    }
    store::keep_volunteer(&tx, who.id, &said, now).await?;
    tx.commit().await?;
    Ok(())
}

/// All that somebody is, or was, in teams; the newest first.
///
/// # Errors
/// The database.
pub async fn memberships(
    conn: &impl ConnectionTrait,
    who: ResidentId,
) -> Result<(Option<volunteer::Model>, Vec<team_member::Model>)> {
    let Some(volunteer) = store::volunteer_of(conn, who).await? else {
        return Ok((None, Vec::new()));
    };
    let rows = store::memberships(conn, volunteer.id).await?;
    Ok((Some(volunteer), rows))
}

/// A volunteer leaves a team, or takes back that they applied. What they signed up for stays
/// theirs to leave.
///
/// # Errors
/// `member_not_found`, also for somebody else's; `already_decided`: they are in it no longer.
pub async fn leave(app: &App, who: &Learner, id: TeamMemberId, why: Option<&str>) -> Result<()> {
    let now = app.clock.now();
    let why = why.map(str::trim).filter(|why| !why.is_empty());
    let why = why.map(|why| text(why, "原因", 1, LONGEST_REASON)).transpose()?;
    let tx = app.db.begin().await?;
    let (row, volunteer) = store::member(&tx, id).await?.ok_or_else(no_member)?;
    if volunteer.resident_id != who.id {
        return Err(no_member());
    }
    let actor = (ActorKind::Resident, Some(who.id.0));
    let step = store::Step { to: MemberState::Left, actor, reason: why };
    if !is_live(row.state) || !store::step(&tx, &row, &step, now).await? {
        return Err(decided());
    }
    tx.commit().await?;
    Ok(())
}

fn no_member() -> Error {
    Error::not_found("member_not_found", "没有找到这条申请。")
}

fn decided() -> Error {
    Error::conflict("already_decided", "这条申请刚刚已经处理过了，请刷新看看。")
}

/// Somebody in a team, with who they are.
///
/// # Errors
/// `member_not_found`, `not_your_team`.
pub async fn membership(
    app: &App,
    who: &Colleague,
    id: TeamMemberId,
) -> Result<(team_member::Model, volunteer::Model)> {
    let conn = app.db.read();
    let found = store::member(conn, id).await?.ok_or_else(no_member)?;
    may_lead(who, &team(conn, found.0.team_id).await?)?;
    Ok(found)
}

/// The leader says where somebody stands: takes them in, refuses, notes that they are
/// trained, or takes them out. A refusal, and taking out, has a reason.
///
/// # Errors
/// `member_not_found`, `not_your_team`; `not_that_way`: one does not follow the other;
/// `reason_needed`; `already_decided`: somebody else was faster.
pub async fn set_state(
    app: &App,
    who: &Colleague,
    id: TeamMemberId,
    to: MemberState,
    why: Option<&str>,
) -> Result<()> {
    let (row, _) = membership(app, who, id).await?;
    if !leads_to(row.state, to) {
        return Err(Error::conflict("not_that_way", "现在不能这样改，请刷新看看。"));
    }
    let why = why.map(str::trim).filter(|why| !why.is_empty());
    let needed = matches!(to, MemberState::Refused | MemberState::Left);
    let why = match why {
        Some(why) => Some(text(why, "原因", 1, LONGEST_REASON)?),
        None if needed => return Err(Error::invalid("reason_needed", "请写明原因，本人会看到。")),
        None => None,
    };
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let step = store::Step { to, actor: (ActorKind::Staff, Some(who.id.0)), reason: why };
    if !store::step(&tx, &row, &step, now).await? {
        return Err(decided());
    }
    let object = format!("team_member:{id}");
    staff::record(&tx, Some(who.id), "team.member", &object, Some(to.as_str()), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Everybody who is in a team or applies, and who left in the end; those to decide about
/// first.
///
/// # Errors
/// `team_not_found`, `not_your_team`.
pub async fn team_members(
    app: &App,
    who: &Colleague,
    id: TeamId,
) -> Result<Vec<(team_member::Model, volunteer::Model, Person)>> {
    let conn = app.db.read();
    may_lead(who, &team(conn, id).await?)?;
    let rows = store::of_team(conn, id).await?;
    let ids: Vec<ResidentId> = rows.iter().map(|(_, volunteer)| volunteer.resident_id).collect();
    let people = members::people(app, conn, &ids).await?;
    // Of who came again, the last time.
    let mut seen = HashSet::new();
    let mut found: Vec<_> = rows
        .into_iter()
        .filter(|(_, volunteer)| seen.insert(volunteer.id))
        .filter_map(|(row, volunteer)| {
            let person = people.get(&volunteer.resident_id)?.clone();
            Some((row, volunteer, person))
        })
        .collect();
    found.sort_by_key(|(row, ..)| (rank(row.state), row.applied_at, row.id));
    Ok(found)
}

fn rank(state: MemberState) -> u8 {
    match state {
        MemberState::Applied => 0,
        MemberState::Approved => 1,
        MemberState::Trained => 2,
        MemberState::Left => 3,
        MemberState::Refused => 4,
    }
}

/// Whom to call when something happens to a volunteer; that it was looked up is noted.
///
/// # Errors
/// `member_not_found`, `not_your_team`, `no_relative`.
pub async fn reveal_contact(app: &App, who: &Colleague, id: TeamMemberId) -> Result<String> {
    let (_, volunteer) = membership(app, who, id).await?;
    members::reveal_relative(app, who, volunteer.resident_id).await
}

/// Forgets what names an erased person, and takes them out of their teams; what they served
/// stays, as nobody's.
///
/// # Errors
/// The database.
pub async fn forget_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(volunteer) = store::volunteer_of(tx, resident).await? else { return Ok(()) };
    for row in store::memberships(tx, volunteer.id).await? {
        if is_live(row.state) {
            let actor = (ActorKind::System, None);
            let step = store::Step { to: MemberState::Left, actor, reason: None };
            store::step(tx, &row, &step, now).await?;
        }
    }
    store::forget(tx, volunteer.id, resident).await
}

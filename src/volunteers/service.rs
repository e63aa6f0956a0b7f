//! The time that was served: settled from the scans, corrected with a reason, hung out, and
//! stated on paper.

use super::*;

/// Somebody at one meeting of a shift.
#[derive(Clone, Debug)]
pub struct Row {
    pub person: Person,
    /// What the scans say: when they came, and when they went.
    pub came: Option<DateTime<Utc>>,
    pub went: Option<DateTime<Utc>>,
    /// What is settled.
    pub minutes: Option<i32>,
    /// Of the last correction: why, and who.
    pub corrected: Option<(String, String)>,
}

fn minutes_between(came: DateTime<Utc>, went: DateTime<Utc>) -> i32 {
    i32::try_from((went - came).num_minutes()).unwrap_or(0).clamp(0, 24 * 60)
}

async fn shift_of(app: &App, who: &Colleague, id: MeetingId) -> Result<(meeting::Model, Shift)> {
    let (meeting, facts) = courses::meeting(app.db.read(), id).await?;
    let shift = led_shift(app, who, facts.class.id).await?;
    Ok((meeting, shift))
}

/// Who was at a meeting of a shift, or has a place in it, and how long; by learner number.
///
/// # Errors
/// `meeting_not_found`, `shift_not_found`, `not_your_team`.
pub async fn rows(app: &App, who: &Colleague, id: MeetingId) -> Result<Vec<Row>> {
    let (meeting, _) = shift_of(app, who, id).await?;
    let conn = app.db.read();
    let stays = attendance::stays(conn, id).await?;
    let settled = store::services(conn, id).await?;
    let mut ids = store::placed(conn, meeting.class_id).await?;
    ids.extend(stays.keys().chain(settled.keys()));
    ids.sort_unstable();
    ids.dedup();
    let people = members::people(app, conn, &ids).await?;
    let services: Vec<_> = settled.values().map(|row| row.id).collect();
    let corrections = store::corrections(conn, &services).await?;
    let by: Vec<StaffId> = corrections.values().filter_map(|row| row.staff_id).collect();
    let names = staff::names(conn, &by).await?;
    let mut rows: Vec<Row> = people
        .into_values()
        .map(|person| {
            let stay = stays.get(&person.id);
            let service = settled.get(&person.id);
            let corrected = service.and_then(|row| corrections.get(&row.id)).map(|change| {
                let by = change.staff_id.and_then(|id| names.get(&id).cloned());
                (change.reason.clone().unwrap_or_default(), by.unwrap_or_default())
            });
            Row {
                came: stay.map(|stay| stay.came),
                went: stay.and_then(|stay| stay.went),
                minutes: service.map(|row| row.minutes),
                corrected,
                person,
            }
        })
        .collect();
    rows.sort_by(|one, other| one.person.learner_number.cmp(&other.person.learner_number));
    Ok(rows)
}

/// Writes down the minutes of everybody who scanned in and out; of whom it was done before,
/// nothing changes. How many are new.
///
/// # Errors
/// `meeting_not_found`, `shift_not_found`, `not_your_team`; `too_early`: it is not over.
pub async fn settle(app: &App, who: &Colleague, id: MeetingId) -> Result<u64> {
    let (meeting, _) = shift_of(app, who, id).await?;
    let now = app.clock.now();
    if meeting.ends_at > now {
        return Err(Error::conflict("too_early", "还没有结束，结束以后再核定时长。"));
    }
    let tx = app.db.begin().await?;
    let mut new = 0;
    let mut stays: Vec<_> = attendance::stays(&tx, id).await?.into_iter().collect();
    // In one order, so that two who settle wait for each other and not in a ring.
    stays.sort_unstable_by_key(|(resident, _)| *resident);
    for (resident, stay) in stays {
        let Some(went) = stay.went else { continue };
        let minutes = minutes_between(stay.came, went);
        if store::settle(&tx, (id, resident), minutes, None, now).await? {
            new += 1;
        }
    }
    if new > 0 {
        let object = format!("meeting:{id}");
        staff::record(&tx, Some(who.id), "service.settled", &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(new)
}

/// Says that somebody served so many minutes at a meeting. `was`: what it said before;
/// `None`: nothing was settled of them.
///
/// # Errors
/// `meeting_not_found`, `shift_not_found`, `not_your_team`, `too_early`; `out_of_range`;
/// `reason_needed`, `too_long`; `not_there`: neither signed up nor on the roll;
/// `changed_meanwhile`: it says something else by now.
pub async fn correct(
    app: &App,
    who: &Colleague,
    (id, resident): (MeetingId, ResidentId),
    was: Option<i32>,
    minutes: i32,
    why: &str,
) -> Result<()> {
    if !(0..=24 * 60).contains(&minutes) {
        return Err(Error::invalid("out_of_range", "时长要在 0 到 24 小时之间。"));
    }
    let why = teams::reason(why)?;
    let (meeting, _) = shift_of(app, who, id).await?;
    let now = app.clock.now();
    if meeting.starts_at > now {
        return Err(Error::conflict("too_early", "还没有开始，不能登记时长。"));
    }
    let tx = app.db.begin().await?;
    let by = Some((who.id, why.as_str()));
    let done = match was {
        Some(was) => {
            store::correct(&tx, (id, resident), (was, minutes), (who.id, &why), now).await?
        }
        None => {
            let there = attendance::stays(&tx, id).await?.contains_key(&resident)
                || store::placed(&tx, meeting.class_id).await?.contains(&resident);
            if !there {
                return Err(Error::not_found("not_there", "这位志愿者没有报名，也没有签到。"));
            }
            store::settle(&tx, (id, resident), minutes, by, now).await?
        }
    };
    if !done {
        return Err(Error::conflict("changed_meanwhile", "别人刚改过这个时长，请刷新看看再改。"));
    }
    let object = format!("meeting:{id} resident:{resident}");
    staff::record(&tx, Some(who.id), "service.corrected", &object, Some(&why), now).await?;
    tx.commit().await?;
    Ok(())
}

/// What somebody served.
///
/// # Errors
/// The database.
pub async fn hours_of(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    now: DateTime<Utc>,
) -> Result<Hours> {
    store::hours(conn, who, now - HANGS_OUT).await
}

/// One line of what hangs out.
#[derive(Clone, Debug)]
pub struct PublicLine {
    pub name_masked: String,
    /// The last four of the learner number.
    pub number_tail: String,
    pub team_name: String,
    pub shift_name: String,
    pub starts_at: DateTime<Utc>,
    pub minutes: i32,
    pub until: DateTime<Utc>,
}

/// What was settled or corrected within the week, the newest first.
///
/// # Errors
/// The database.
pub async fn public(app: &App) -> Result<Vec<PublicLine>> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let rows = store::hanging(conn, now - HANGS_OUT).await?;
    let ids: Vec<ResidentId> = rows.iter().map(|row| row.resident).collect();
    let people = members::people(app, conn, &ids).await?;
    let line = |row: store::Hanging| {
        let person = people.get(&row.resident)?;
        let tail = person.learner_number.chars().rev().take(4).collect::<Vec<_>>();
        Some(PublicLine {
            name_masked: members::masked_name(&person.name),
            number_tail: tail.into_iter().rev().collect(),
            team_name: row.team_name,
            shift_name: row.shift_name,
            starts_at: row.starts_at,
            minutes: row.minutes,
            until: row.public_from + HANGS_OUT,
        })
    };
    Ok(rows.into_iter().filter_map(line).collect())
}

/// A statement of all that somebody served and that has hung out; the same one while nothing
/// has changed.
///
/// # Errors
/// `no_hours`: nothing yet; `no_glyph`.
pub async fn proof(app: &App, who: &Learner) -> Result<certificate::Model> {
    let hours = hours_of(app.db.read(), who.id, app.clock.now()).await?;
    if hours.confirmed == 0 {
        let message = "还没有公示满 7 天的服务时长，开不了证明。";
        return Err(Error::conflict("no_hours", message));
    }
    learning::certificates::service(app, who.id, hours.confirmed * 100 / 60).await
}

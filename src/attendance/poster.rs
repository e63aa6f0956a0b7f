//! 海报: a code on the wall. It proves nothing: whoever scans it makes a claim, which waits on
//! the roll until the teacher or the monitor sees them and nods.
//!
//! 1. One claim for a learner and meeting; a nod makes it an event of the time of the scan.
//! 2. Where nobody nodded by the end of the check-in, the claim lies in the tray.
//! 3. A poster of a place is for all classes there; a learner's claim is for their own alone.

use chrono::{DateTime, TimeDelta, Utc};

use entity::ids::{ClaimId, ClassId, SiteId};
use entity::kinds::{AttendanceStatus, CheckInWay, MeetingStatus, ScanKind};

use super::store::{self, MeetingFacts};
use super::why::Why;
use super::{CheckIn, Window, not_enrolled, refuse_outside, register, window};
use crate::app::App;
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::members::Learner;
use crate::outbox::{self, Job};

/// Where a poster hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poster {
    Class(ClassId),
    Site(SiteId),
}

impl Poster {
    /// What its QR code says.
    pub fn link(self, app: &App) -> String {
        let base = &app.config.server.public_url;
        match self {
            Self::Class(id) => format!("{base}/m/?c=B{id}"),
            Self::Site(id) => format!("{base}/m/?c=S{id}"),
        }
    }

    /// Reads a bare code, or a link that ends in `?c=CODE`.
    pub(super) fn read(scanned: &str) -> Option<Self> {
        let scanned = scanned.trim();
        let code = match scanned.split_once("?c=") {
            Some((_, code)) => code.split(['&', '#']).next()?,
            None => scanned,
        };
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        match code.split_at_checked(1)? {
            ("B", digits) => number(digits).map(|id| Self::Class(ClassId(id))),
            ("S", digits) => number(digits).map(|id| Self::Site(SiteId(id))),
            _ => None,
        }
    }

    fn is_of(self, facts: &MeetingFacts) -> bool {
        match self {
            Self::Class(class) => facts.class_id() == class,
            Self::Site(site) => facts.meeting.site_id == site,
        }
    }
}

/// A resident scanned a poster.
///
/// # Errors
/// `not_enrolled`, `no_meeting_here`, and as a check-in: `too_early`, `too_late`,
/// `meeting_cancelled`.
pub(super) async fn claim(
    app: &App,
    who: &Learner,
    poster: Poster,
    device: String,
) -> Result<CheckIn> {
    let conn = app.db.read();
    let classes = store::classes_of(conn, who.id).await?;
    let guest_at = store::guests::meetings_of(conn, who.id).await?;
    let guest_at = store::meetings(conn, &guest_at).await?;
    if let Poster::Class(class) = poster
        && !classes.contains(&class)
        && !guest_at.values().any(|facts| facts.class_id() == class)
    {
        return Err(not_enrolled(&courses::class(conn, class).await?.class));
    }
    let (today, now, day) = (app.clock.today(), app.clock.now(), TimeDelta::days(1));
    let mut meetings = store::meetings_between(conn, now - day, now + day, Some(&classes)).await?;
    meetings.extend(guest_at.into_values().filter(|facts| !classes.contains(&facts.class_id())));
    meetings.retain(|facts| {
        let is_today = clock::local_date(facts.meeting.starts_at) == today;
        poster.is_of(facts) && (is_today || window(app, facts) == Window::Open)
    });
    let said = store::statuses(conn, who.id, &meetings).await?;
    let there =
        |facts: &MeetingFacts| said.get(&facts.meeting.id) == Some(&AttendanceStatus::Present);
    // What is open, and of that what they are not at yet, and what is not over, first.
    let facts = meetings
        .into_iter()
        .min_by_key(|facts| {
            let planned = facts.meeting.status == MeetingStatus::Planned;
            let open = planned && window(app, facts) == Window::Open;
            let over = facts.meeting.ends_at < now;
            (!open, !planned, there(facts), over, facts.meeting.starts_at)
        })
        .ok_or_else(|| {
            Error::conflict("no_meeting_here", "今天这里没有您的课。")
                .or_else("看看我的课在哪天", Some("/mine".to_owned()))
        })?;
    refuse_outside(&app.config.attendance, now, &facts)?;
    let tx = app.db.begin().await?;
    let new = (facts.meeting.id, who.id, device);
    if let Some(claim) = store::claims::add(&tx, new, now).await? {
        let over = closes_at(app, &facts);
        outbox::enqueue(&tx, &Job::LapseClaim { claim }, now, over).await?;
        tx.commit().await?;
    }
    // A claim of somebody who is there says nothing new, and is kept all the same.
    if there(&facts) {
        return Ok(CheckIn::AlreadyRecorded(facts));
    }
    Ok(CheckIn::AwaitsNod(facts))
}

/// The check-in is over after this.
fn closes_at(app: &App, facts: &MeetingFacts) -> DateTime<Utc> {
    let after = TimeDelta::minutes(app.config.attendance.closes_after_minutes);
    facts.meeting.ends_at + after + TimeDelta::seconds(1)
}

/// Nobody nodded in time: staff settle it (a job).
///
/// # Errors
/// The database.
pub async fn lapse(app: &App, id: ClaimId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let Some(claim) = store::claims::one(&tx, id).await? else { return Ok(()) };
    let Some(facts) = store::meeting(&tx, claim.meeting_id).await? else { return Ok(()) };
    let over = closes_at(app, &facts);
    if now < over {
        // It was moved meanwhile.
        outbox::enqueue(&tx, &Job::LapseClaim { claim: id }, now, over).await?;
        tx.commit().await?;
        return Ok(());
    }
    // One after the other with whoever nods at the last moment.
    let words = store::events::hold(&tx, claim.meeting_id, claim.resident_id, now).await?;
    let nodded = words.iter().any(|word| word.way == CheckInWay::Poster);
    let there = register::fold(&words).status == Some(AttendanceStatus::Present);
    if nodded || there {
        return Ok(());
    }
    let entry = store::tray::NewEntry {
        // No device can give this name.
        scan_id: format!("poster/{id}"),
        meeting: claim.meeting_id,
        resident: Some(claim.resident_id),
        kind: ScanKind::Nod,
        status: None,
        reason: None,
        raw: String::new(),
        why: Why::NotNodded.word(),
        uploaded_by: (None, Some(claim.resident_id)),
        device: claim.device,
        device_at: claim.claimed_at,
        happened_at: claim.claimed_at,
    };
    store::tray::add(&tx, &[entry], now).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_is_read_bare_or_in_a_link_and_nothing_else_is_one() {
        let (class, site) = (Poster::Class(ClassId(12)), Poster::Site(SiteId(3)));
        for (text, poster) in [
            ("B12", Some(class)),
            ("https://example.org/m/?c=B12#/", Some(class)),
            (" S3 ", Some(site)),
            ("https://example.org/m/?c=S3&x=1", Some(site)),
            ("F12345678", None),
            ("B", None),
            ("B-1", None),
            ("B+1", None),
            ("B99999999999999999999", None),
            ("8.1000.abc", None),
            ("班12", None),
            ("", None),
        ] {
            assert_eq!(Poster::read(text), poster, "{text}");
        }
    }
}

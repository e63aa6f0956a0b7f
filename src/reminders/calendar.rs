//! The meetings of a class as a calendar file (RFC 5545), for the phone's own calendar.
//!
//! Written by hand: what there is for it gives an alarm a name by chance and the system's
//! time, and no file the time zone that its hours are of.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use entity::ids::{ClassId, MeetingId, ResidentId, SiteId};
use entity::kinds::{ClassStatus, MeetingStatus};
use entity::meeting;

use super::store;
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::enrolment;
use crate::error::{Error, Result};

/// The zone has been the same all year since then.
const ZONE: [&str; 9] = [
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19910915T010000",
    "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// Bytes of a line, without its end.
const LONGEST_LINE: usize = 75;

/// Whoever has a place in the class may have its file.
///
/// # Errors
/// `not_enrolled`.
pub async fn must_have_place(app: &App, resident: ResidentId, class: ClassId) -> Result<()> {
    if enrolment::is_placed(app.db.read(), resident, class).await? {
        return Ok(());
    }
    let words = "您没有报上这个班，不能加到日历。";
    Err(Error::forbidden("not_enrolled", words)
        .or_else("看看这个班还能不能报名。", Some(format!("/classes/{class}"))))
}

/// The calendar file of a class, with the name of the class.
///
/// # Errors
/// `class_not_found`.
pub async fn file(app: &App, class: ClassId) -> Result<(String, String)> {
    let conn = app.db.read();
    let facts = courses::class(conn, class).await?;
    let meetings = courses::meetings(conn, class).await?;
    let mut changes: HashMap<MeetingId, u32> = HashMap::new();
    for changed in store::changes(conn, &meetings).await? {
        *changes.entry(changed).or_default() += 1;
    }
    let sites = courses::site_names(conn).await?;
    let url = &app.config.server.public_url;
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    let host = host.trim_end_matches('/');
    let text = written(&facts, &meetings, (&changes, &sites, host), app.clock.now());
    Ok((facts.class.name, text))
}

fn written(
    facts: &ClassFacts,
    meetings: &[meeting::Model],
    (changes, sites, host): (&HashMap<MeetingId, u32>, &HashMap<SiteId, String>, &str),
    now: DateTime<Utc>,
) -> String {
    let mut file = File::default();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ShangXue//ShangXue//ZH"] {
        file.line(line);
    }
    file.line("CALSCALE:GREGORIAN");
    file.line("METHOD:PUBLISH");
    file.text("X-WR-CALNAME", &facts.class.name);
    ZONE.iter().for_each(|line| file.line(line));
    for one in meetings {
        let cancelled = one.status == MeetingStatus::Cancelled;
        // A class is cancelled as a whole, without a change of each meeting.
        let with_class = cancelled && facts.class.status == ClassStatus::Cancelled;
        let sequence = changes.get(&one.id).copied().unwrap_or(0) + u32::from(with_class);
        let site = sites.get(&one.site_id).map_or("", String::as_str);
        let title = format!("上课：{}（第 {} 次）", facts.class.name, one.number);
        file.line("BEGIN:VEVENT");
        file.line(&format!("UID:meeting-{}@{host}", one.id));
        file.line(&format!("DTSTAMP:{}", now.format("%Y%m%dT%H%M%SZ")));
        file.line(&format!("SEQUENCE:{sequence}"));
        file.line(if cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
        file.time("DTSTART", one.starts_at);
        file.time("DTEND", one.ends_at);
        let shown = if cancelled { format!("已取消：{title}") } else { title.clone() };
        file.text("SUMMARY", &shown);
        file.text("LOCATION", &format!("{site} {}", one.room));
        let note = one.note.as_deref().map(|note| format!("\n{note}")).unwrap_or_default();
        file.text("DESCRIPTION", &format!("老师：{}{note}", facts.teacher_name));
        if !cancelled {
            file.line("BEGIN:VALARM");
            file.line("ACTION:DISPLAY");
            file.text("DESCRIPTION", &title);
            file.line("TRIGGER:-PT1H");
            file.line("END:VALARM");
        }
        file.line("END:VEVENT");
    }
    file.line("END:VCALENDAR");
    file.0
}

#[derive(Default)]
struct File(String);

impl File {
    /// Folds what is too long, between two characters.
    fn line(&mut self, line: &str) {
        let mut length = 0;
        for character in line.chars() {
            if length + character.len_utf8() > LONGEST_LINE {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(character);
            length += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    fn text(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        for character in value.chars() {
            match character {
                '\\' | ';' | ',' => line.extend(['\\', character]),
                '\n' => line.push_str("\\n"),
                other if other.is_control() => {}
                other => line.push(other),
            }
        }
        self.line(&line);
    }

    fn time(&mut self, name: &str, at: DateTime<Utc>) {
        let at = clock::local(at).format("%Y%m%dT%H%M%S");
        self.line(&format!("{name};TZID=Asia/Shanghai:{at}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_characters_and_nothing_breaks_out_of_a_text() {
        let mut file = File::default();
        file.text("SUMMARY", &"书法，基础;,\\\n班".repeat(6));
        let lines: Vec<&str> = file.0.split("\r\n").collect();
        assert!(
            lines.len() > 3 && lines.iter().all(|line| line.len() <= LONGEST_LINE),
            "{lines:?}"
        );
        let whole = file.0.replace("\r\n ", "");
        assert_eq!(whole, format!("SUMMARY:{}\r\n", "书法，基础\\;\\,\\\\\\n班".repeat(6)));
    }
}

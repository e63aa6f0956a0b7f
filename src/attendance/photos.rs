//! Pictures of a meeting for the news: the teacher hands them in, and the desk is told who of
//! those present does not want to be seen in them.
//!
//! 1. Handing in is for a meeting that has begun; the facts are those of the register at that
//!    time.
//! 2. Who agreed is asked anew whenever somebody looks: a wish may have changed since.

use entity::ids::{MeetingId, NewsItemId, PictureId, ResidentId};
use entity::kinds::{MeetingStatus, Role};

use super::{MeetingFacts, meeting_of, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::members;
use crate::news::{self, ClassFacts};
use crate::staff::Colleague;

/// Somebody present of whom no picture may be shown, or whom nobody asked.
#[derive(Clone, Debug)]
pub struct Unwilling {
    pub resident: ResidentId,
    /// Masked for who does not keep the roll.
    pub name: String,
    /// The last four of the learner number.
    pub number_end: String,
    /// They said no; else nobody asked them.
    pub refused: bool,
}

/// Who was there, as far as pictures are concerned.
#[derive(Clone, Debug)]
pub struct PhotoWishes {
    pub present: usize,
    pub agreed: usize,
    /// Those who said no first.
    pub unwilling: Vec<Unwilling>,
}

/// Hands pictures of a meeting to the news desk.
///
/// # Errors
/// Another's class: `Forbidden`. Not begun, or cancelled: `Conflict`. As
/// [`news::hand_in_class`].
pub async fn hand_to_news(
    app: &App,
    who: &Colleague,
    id: MeetingId,
    pictures: &[PictureId],
    note: &str,
) -> Result<NewsItemId> {
    let facts = meeting_of(app, who, id).await?;
    let now = app.clock.now();
    if facts.meeting.status != MeetingStatus::Planned || facts.meeting.starts_at > now {
        let words = "课开始以后，才能把照片交给编辑。";
        return Err(Error::conflict("not_begun", words));
    }
    let present = store::present(app.db.read(), id).await?.len();
    let tx = app.db.begin().await?;
    let item =
        news::hand_in_class(&tx, who, &of_class(&facts, present), pictures, note, now).await?;
    tx.commit().await?;
    Ok(item)
}

fn of_class(facts: &MeetingFacts, present: usize) -> ClassFacts {
    let room = facts.meeting.room.trim();
    let place = if room.is_empty() {
        facts.site_name.clone()
    } else {
        format!("{}{room}", facts.site_name)
    };
    ClassFacts {
        class: facts.class_id(),
        meeting: facts.meeting.id,
        community: facts.community_id,
        class_name: facts.class_name().to_owned(),
        number: facts.meeting.number,
        teacher: facts.teacher_name.clone(),
        place,
        starts_at: facts.meeting.starts_at,
        present: present as u64,
    }
}

/// Who of those present may be seen in pictures. The desk, which keeps no roll, sees names
/// masked.
///
/// # Errors
/// Another's class: `Forbidden`.
pub async fn photo_wishes(app: &App, who: &Colleague, id: MeetingId) -> Result<PhotoWishes> {
    meeting_of(app, who, id).await?;
    let conn = app.db.read();
    let present = store::present(conn, id).await?;
    let wishes = members::photo_wishes(conn, &present).await?;
    let people = members::people(app, conn, &present).await?;
    let keeps_rolls =
        matches!(who.role, Role::Admin | Role::Centre | Role::Officer | Role::Teacher);
    let mut unwilling: Vec<Unwilling> = present
        .iter()
        .filter(|id| wishes.get(id) != Some(&true))
        .filter_map(|id| {
            let person = people.get(id)?;
            let name = if keeps_rolls {
                members::name_for_others(person.name.clone(), person.name_state)
            } else {
                members::masked_name(&person.name)
            };
            let from = person.learner_number.chars().count().saturating_sub(4);
            let number_end = person.learner_number.chars().skip(from).collect();
            let refused = wishes.get(id) == Some(&false);
            Some(Unwilling { resident: *id, name, number_end, refused })
        })
        .collect();
    unwilling.sort_by_key(|one| (!one.refused, one.resident));
    let agreed = wishes.values().filter(|agreed| **agreed).count();
    Ok(PhotoWishes { present: present.len(), agreed, unwilling })
}

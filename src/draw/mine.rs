//! One person's part in a draw: number, lots and why, and what came of it.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::draw;
use entity::ids::{DrawId, ResidentId};
use entity::kinds::NoticeKind;
use entity::term_plan;

use super::{file, lots, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::notices::{self, NewNotice, Values};

/// What a person sees of themselves.
#[derive(Clone, Debug)]
pub struct MyDraw {
    pub draw: draw::Model,
    pub number: String,
    pub lost_before: u32,
    pub wishes: Vec<MyWish>,
}

/// One wish on the list.
#[derive(Clone, Debug)]
pub struct MyWish {
    pub class: i64,
    pub name: String,
    pub places: usize,
    /// How many people wished for it.
    pub people: usize,
    pub lots: u32,
    pub all_lots: u32,
    /// Why so many, in a sentence.
    pub why: String,
    /// Known after the draw.
    pub came: Option<Came>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    Placed,
    /// From 1.
    Waiting(usize),
    /// Neither: the person has enough, or it does not go with what they have.
    No,
}

/// Somebody's part in a draw, read from what is published.
///
/// # Errors
/// The database, or a list that cannot be read.
pub async fn my_draw(
    conn: &impl ConnectionTrait,
    draw: draw::Model,
    who: ResidentId,
) -> Result<Option<MyDraw>> {
    let Some(entry) = store::entry_of(conn, draw.id, who).await? else { return Ok(None) };
    let unreadable =
        |line: String| Error::internal(format!("draw {}: unreadable line {line}", draw.id));
    let list = file::read(&draw.list).map_err(unreadable)?;
    let outcome = draw.result.as_deref().map(file::read_outcome);
    let Some(me) = list.people.iter().find(|person| person.number == entry.number) else {
        return Ok(None);
    };
    let wishes = me.wishes.iter().filter_map(|wish| {
        let class = list.classes.iter().find(|class| class.id == wish.class)?;
        let others = list.people.iter().flat_map(|person| &person.wishes);
        let others: Vec<u32> =
            others.filter(|other| other.class == wish.class).map(|other| other.lots).collect();
        Some(MyWish {
            class: class.id,
            name: class.name.clone(),
            places: class.places,
            people: others.len(),
            lots: wish.lots,
            all_lots: others.iter().sum(),
            why: why(wish, me.lost),
            came: outcome.as_ref().and_then(|outcome| came(outcome, class.id, &me.number)),
        })
    });
    let wishes = wishes.collect();
    Ok(Some(MyDraw { number: entry.number, lost_before: me.lost, wishes, draw }))
}

fn why(wish: &lots::Wish, lost: u32) -> String {
    let mut reasons = vec!["人人 1 支".to_owned()];
    if wish.own {
        reasons.push("本社区加签".to_owned());
    }
    if lost > 0 {
        reasons.push(format!("以前 {lost} 次没摇到加签"));
    }
    if wish.newcomer {
        reasons.push("第一次学这门课".to_owned());
    }
    format!("{}。", reasons.join("，"))
}

fn came(outcome: &lots::Outcome, class: i64, number: &str) -> Option<Came> {
    let drawn = outcome.classes.get(&class)?;
    if drawn.placed.iter().any(|one| one == number) {
        return Some(Came::Placed);
    }
    let waits = drawn.waiting.iter().position(|one| one == number);
    Some(waits.map_or(Came::No, |at| Came::Waiting(at + 1)))
}

/// The list is published, with this person under this number.
pub(super) async fn tell_number(
    tx: &DatabaseTransaction,
    draw: DrawId,
    who: ResidentId,
    number: &str,
    plan: &term_plan::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let body = format!(
        "您的志愿已经锁定，摇号号码是 {number}。{}以后摇号，结果会通知您。",
        clock::spoken(plan.seed_at)
    );
    tell(tx, format!("draw_number:{draw}:{who}"), who, ("您的摇号号码", body), number, now).await
}

/// Nothing was drawn for this person.
pub(super) async fn tell_lost(
    tx: &DatabaseTransaction,
    draw: DrawId,
    who: ResidentId,
    number: &str,
    (list, outcome): (&lots::List, &lots::Outcome),
    now: DateTime<Utc>,
) -> Result<()> {
    let waits = list.classes.iter().filter_map(|class| match came(outcome, class.id, number)? {
        Came::Waiting(at) => Some(format!("“{}”候补第 {at} 位。", class.name)),
        Came::Placed | Came::No => None,
    });
    let waits: String = waits.collect();
    let body = format!("这次没有摇到。{waits}有名额会通知您，下次摇号您多签。");
    tell(tx, format!("draw_lost:{draw}:{who}"), who, ("摇号结果", body), number, now).await
}

async fn tell(
    tx: &DatabaseTransaction,
    dedup_key: String,
    resident: ResidentId,
    (title, body): (&str, String),
    number: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let notice = NewNotice {
        resident,
        kind: NoticeKind::Draw,
        dedup_key,
        title: title.to_owned(),
        body,
        page: "/draw".to_owned(),
        values: Values {
            class: "摇号".to_owned(),
            time: clock::wechat_time(now),
            place: format!("号码 {number}"),
            note: title.to_owned(),
        },
    };
    notices::notify(tx, &notice, now).await
}

/// The draw of the current term.
///
/// # Errors
/// `no_term`, `no_plan`, `no_draw`.
pub async fn current(app: &App) -> Result<draw::Model> {
    let (term, _) = super::planned_term(app, app.db.read()).await?;
    store::draw_of(app.db.read(), term.id)
        .await?
        .ok_or_else(|| Error::not_found("no_draw", "名单还没有公布。"))
}

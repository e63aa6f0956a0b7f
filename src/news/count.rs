//! What was published and written in, by month, community and project: for scorecards.
//!
//! An article counts once, in the month in which it came to the account, as long as it is
//! there. An item counts in the month in which it was written in, its points once and at the
//! highest level (`ledger.rs`).

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use sea_orm::ConnectionTrait;

use entity::ids::CommunityId;
use entity::kinds::SubmissionState;

use super::{ledger, store};
use crate::clock;
use crate::error::Result;

/// A month of a community and project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Its first day.
    pub month: NaiveDate,
    /// None: the centre's.
    pub community: Option<CommunityId>,
    /// Empty: none.
    pub project: String,
    /// Articles that came to the account, and how many people read them, where that is known.
    pub published: u64,
    pub readers: i64,
    /// Items that were written in, sent anywhere, and taken; and what that is worth.
    pub items: u64,
    pub sent: u64,
    pub taken: u64,
    pub points: i64,
}

/// Counts the days from the first to the second, which is not counted in; of one community
/// where given.
///
/// # Errors
/// The database.
pub async fn counted(
    conn: &impl ConnectionTrait,
    (from, to): (NaiveDate, NaiveDate),
    community: Option<CommunityId>,
) -> Result<Vec<Counted>> {
    let mut found: BTreeMap<(NaiveDate, Option<CommunityId>, String), Counted> = BTreeMap::new();
    let mut line =
        |day: NaiveDate, of: Option<CommunityId>, project: &str, add: &dyn Fn(&mut Counted)| {
            let month = day.with_day(1).unwrap_or(day);
            let one = found.entry((month, of, project.to_owned())).or_insert_with(|| Counted {
                month,
                community: of,
                project: project.to_owned(),
                ..Counted::default()
            });
            add(one);
        };
    let (since, until) = (clock::at_local(from, 0), clock::at_local(to, 0));
    let ours = |of: Option<CommunityId>| community.is_none() || of == community;
    let published = store::published_between(conn, since, until).await?;
    let ids: Vec<_> = published.iter().map(|row| row.publication).collect();
    let reads = store::reads(conn, &ids).await?;
    for row in published.iter().filter(|row| ours(row.community)) {
        let readers = reads.get(&row.publication).map_or(0, |one| one.readers);
        line(clock::local_date(row.at), row.community, &row.project, &|one| {
            one.published += 1;
            one.readers += readers;
        });
    }
    let items = store::items(conn, community, since, until).await?;
    let points: HashMap<_, _> =
        store::outlets(conn).await?.into_iter().map(|one| (one.id, one.points)).collect();
    for item in ledger::with_submissions(conn, items, &points).await? {
        let taken = item.submissions.iter().any(|row| row.state == SubmissionState::Taken);
        let row = &item.item;
        line(clock::local_date(row.sent_at), row.community_id, &row.project, &|one| {
            one.items += 1;
            one.sent += u64::from(!item.submissions.is_empty());
            one.taken += u64::from(taken);
            one.points += i64::from(item.points);
        });
    }
    Ok(found.into_values().collect())
}

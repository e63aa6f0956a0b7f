//! How often articles were read, as the platform counts it: once a day, of what was sent to
//! followers in the last week. Of what was only published it tells nothing.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use entity::kinds::{PublicationState, PublicationWay};
use entity::{article_reads, publication};

use super::store;
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::wechat::official::ArticleTotal;
use crate::wechat::{Ability, Class};

/// The platform counts the day of the send and seven more.
const DAYS: i64 = 8;

/// Asks how often the articles of the last week were read (a job).
///
/// # Errors
/// The platform does not answer: tried again later.
pub async fn read_figures(app: &App) -> Result<()> {
    if !app.wechat.official().can(Ability::Figures) {
        return Ok(());
    }
    let today = app.clock.today();
    let since = clock::at_local(today - TimeDelta::days(DAYS), 0);
    let sent = store::sent_since(app.db.read(), since).await?;
    let days: BTreeSet<NaiveDate> =
        sent.iter().filter_map(sent_on).filter(|day| *day < today).collect();
    for day in days {
        let totals = match app.wechat.official().article_totals(day).await {
            Ok(totals) => totals,
            // Whoever may not is told so at the article; nothing is to be repeated.
            Err(error) if matches!(error.class(), Class::Configuration | Class::Permanent) => {
                tracing::info!(%error, "no figures");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        keep(app, day, &sent, &totals).await?;
    }
    Ok(())
}

fn sent_on(row: &publication::Model) -> Option<NaiveDate> {
    row.submit_started_at.map(clock::local_date)
}

async fn keep(
    app: &App,
    day: NaiveDate,
    sent: &[publication::Model],
    totals: &[ArticleTotal],
) -> Result<()> {
    let now = app.clock.now();
    let ids: Vec<_> = sent.iter().map(|row| row.article_id).collect();
    let titles = store::titles(app.db.read(), &ids).await?;
    let tx = app.db.begin().await?;
    for total in totals {
        let Some(last) = total.totals.iter().max_by_key(|one| one.day) else { continue };
        // By its number; where the answer to the send was lost, by its title.
        let numbered = sent.iter().find(|row| {
            let lead = row.lead_id.unwrap_or(row.id);
            let number =
                sent.iter().find(|one| one.id == lead).and_then(|one| one.msg_data_id.as_ref());
            number == Some(&total.msg_data_id) && row.place == total.place
        });
        let titled = || {
            sent.iter().find(|row| {
                sent_on(row) == Some(day) && titles.get(&row.article_id) == Some(&total.title)
            })
        };
        let Some(row) = numbered.or_else(titled) else { continue };
        let reads = article_reads::Model {
            id: 0,
            publication_id: row.id,
            as_of: last.day,
            readers: last.readers,
            reads: last.reads,
            shares: last.shares,
            favourites: last.favourites,
            told_at: now,
        };
        store::keep_reads(&tx, reads).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What there is to say of how often an article was read.
pub(super) fn words(
    app: &App,
    row: &publication::Model,
    reads: Option<&article_reads::Model>,
) -> Option<String> {
    if row.state != PublicationState::Published {
        return None;
    }
    if let Some(reads) = reads {
        let day = clock::spoken_day(reads.as_of);
        return Some(format!(
            "到{day}，{} 人读了 {} 次，转发 {} 次，收藏 {} 次。",
            reads.readers, reads.reads, reads.shares, reads.favourites
        ));
    }
    Some(match row.way {
        PublicationWay::Publish | PublicationWay::ByHand => {
            "微信只告诉我们群发文章的阅读数。这一篇的，请到公众平台“数据”里看。".to_owned()
        }
        PublicationWay::MassSend if !app.wechat.official().can(Ability::Figures) => {
            "这个公众号不能取阅读数，要先完成微信认证。请到公众平台“数据”里看。".to_owned()
        }
        PublicationWay::MassSend => "微信每天上午给出前一天的阅读数，读的人很少时不给。".to_owned(),
    })
}

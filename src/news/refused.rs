//! Who tried to go round the gate: a refusal is written down by itself, for the attempt's own
//! transaction is undone.

use entity::ids::ArticleId;

use super::object;
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// Refusals that are the gate's; any other has nothing to do with it.
const OF_THE_GATE: [&str; 13] = [
    "not_approved",
    "remarks_open",
    "own_article",
    "same_person",
    "not_your_stage",
    "stage_order",
    "content_changed",
    "already_passed",
    "proof_needed",
    "not_in_review",
    "platform_risky",
    "platform_unanswered",
    "platform_checking",
];

/// Passes an outcome on; what the gate refused is in the audit afterwards.
pub(super) async fn noted<T>(
    app: &App,
    who: Option<&Colleague>,
    article: ArticleId,
    tried: &str,
    outcome: Result<T>,
) -> Result<T> {
    if let Err(error) = &outcome
        && OF_THE_GATE.contains(&error.code)
        && let Err(cause) = note(app, who, article, tried, error).await
    {
        // The refusal stands all the same.
        tracing::error!(cause = %cause.chain(), "a refusal of the gate cannot be written down");
    }
    outcome
}

async fn note(
    app: &App,
    who: Option<&Colleague>,
    article: ArticleId,
    tried: &str,
    error: &Error,
) -> Result<()> {
    let now = app.clock.now();
    let detail = format!("{tried}: {}", error.code);
    let by = who.map(|who| who.id);
    tracing::warn!(article = article.0, tried, code = error.code, "refused by the gate");
    let tx = app.db.begin().await?;
    staff::record(&tx, by, "news.refused", &object(article), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

//! What an article belongs to: a community, a project, a class. It is no part of what readers
//! see, so it may be set right also after the passes, and after publication.

use entity::ids::{ArticleId, ClassId, CommunityId, MeetingId};

use super::content::plain;
use super::{locked, object, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

pub(super) const PROJECT_CHARS: usize = 30;

/// What an article, or an item that is written in, belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongs {
    /// The project or activity; may be empty.
    pub project: String,
    /// None: the centre's.
    pub community: Option<CommunityId>,
    pub class: Option<ClassId>,
    /// The very meeting of the class that it tells of; set by who hands it in.
    pub meeting: Option<MeetingId>,
}

/// Says what an article belongs to. The meeting stays, as long as the class does.
///
/// # Errors
/// No such community or class, or a project whose name is too long: `Invalid`.
pub async fn belong(app: &App, who: &Colleague, id: ArticleId, to: Belongs) -> Result<()> {
    let project = plain(&to.project);
    if project.chars().count() > PROJECT_CHARS {
        let words = format!("项目名太长，最多 {PROJECT_CHARS} 个字。");
        return Err(Error::invalid("too_long", words));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    if let Some(community) = to.community
        && !store::community_names(&tx).await?.contains_key(&community)
    {
        return Err(Error::invalid("no_community", "没有这个社区。"));
    }
    if let Some(class) = to.class
        && !store::class_names(&tx, &[class]).await?.contains_key(&class)
    {
        return Err(Error::invalid("no_class", "没有这个班级。"));
    }
    let meeting = article.meeting_id.filter(|_| to.class == article.class_id);
    let to = Belongs { project, meeting, ..to };
    store::set_belongs(&tx, id, &to).await?;
    let number = |id: Option<i64>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let detail = format!(
        "community:{} class:{} {}",
        number(to.community.map(|id| id.0)),
        number(to.class.map(|id| id.0)),
        to.project
    );
    staff::record(&tx, Some(who.id), "news.belongs", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

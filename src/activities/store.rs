//! The only queries on activities, counts of heads and photos; reads the register, classes
//! and what was written.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use entity::ids::{ClassId, MeetingId, PictureId, ProjectId, StaffId};
use entity::kinds::{ActivityKind, ArticleStatus, AttendanceStatus, ClassKind, MeetingStatus};
use entity::{
    activity, activity_count, activity_photo, article, attendance, class, meeting, news_item,
};

use super::project::Written;
use crate::error::Result;
use crate::sql::among;

type Time = (DateTime<Utc>, DateTime<Utc>);

pub(super) async fn activities(
    conn: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, activity::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let find = activity::Entity::find().filter(among(conn, activity::Column::ClassId, ids));
    Ok(find.all(conn).await?.into_iter().map(|row| (row.class_id, row)).collect())
}

fn to_class() -> RelationDef {
    meeting::Entity::belongs_to(class::Entity)
        .from(meeting::Column::ClassId)
        .to(class::Column::Id)
        .into()
}

/// Classes of a kind that have a meeting which begins in `from..to`.
pub(super) async fn meeting_between(
    conn: &impl ConnectionTrait,
    kind: ClassKind,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<ClassId>> {
    Ok(meeting::Entity::find()
        .join(JoinType::InnerJoin, to_class())
        .select_only()
        .column(meeting::Column::ClassId)
        .distinct()
        .filter(class::Column::Kind.eq(kind))
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .into_tuple()
        .all(conn)
        .await?)
}

/// Classes of a kind that have a meeting which is not over.
pub(super) async fn to_come(
    conn: &impl ConnectionTrait,
    kind: ClassKind,
    now: DateTime<Utc>,
) -> Result<Vec<ClassId>> {
    Ok(meeting::Entity::find()
        .join(JoinType::InnerJoin, to_class())
        .select_only()
        .column(meeting::Column::ClassId)
        .distinct()
        .filter(class::Column::Kind.eq(kind))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::EndsAt.gt(now))
        .into_tuple()
        .all(conn)
        .await?)
}

/// All meetings of these classes, by time.
pub(super) async fn meetings_of(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<Vec<meeting::Model>> {
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(meeting::Entity::find()
        .filter(among(conn, meeting::Column::ClassId, classes))
        .order_by_asc(meeting::Column::StartsAt)
        .order_by_asc(meeting::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn insert(
    tx: &DatabaseTransaction,
    class: ClassId,
    kind: ActivityKind,
    tags: &str,
    programme: &str,
) -> Result<()> {
    let row = activity::ActiveModel {
        class_id: Set(class),
        kind: Set(kind),
        tags: Set(tags.to_owned()),
        programme: Set(programme.to_owned()),
        summary: Set(String::new()),
        closed_at: Set(None),
        closed_by: Set(None),
    };
    activity::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// False: it is closed.
pub(super) async fn change(
    tx: &DatabaseTransaction,
    class: ClassId,
    kind: ActivityKind,
    tags: &str,
    programme: &str,
) -> Result<bool> {
    let changed = activity::Entity::update_many()
        .col_expr(activity::Column::Kind, Expr::value(kind))
        .col_expr(activity::Column::Tags, Expr::value(tags))
        .col_expr(activity::Column::Programme, Expr::value(programme))
        .filter(activity::Column::ClassId.eq(class))
        .filter(activity::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// False: it was closed before.
pub(super) async fn close(
    tx: &DatabaseTransaction,
    class: ClassId,
    summary: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = activity::Entity::update_many()
        .col_expr(activity::Column::Summary, Expr::value(summary))
        .col_expr(activity::Column::ClosedAt, Expr::value(now))
        .col_expr(activity::Column::ClosedBy, Expr::value(by))
        .filter(activity::Column::ClassId.eq(class))
        .filter(activity::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The last count of each meeting.
pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<MeetingId, activity_count::Model>> {
    if meetings.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = activity_count::Entity::find()
        .filter(among(conn, activity_count::Column::MeetingId, meetings))
        .order_by_asc(activity_count::Column::Id)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.meeting_id, row)).collect())
}

pub(super) async fn add_count(
    tx: &DatabaseTransaction,
    (meeting, people): (MeetingId, i32),
    how: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = activity_count::ActiveModel {
        meeting_id: Set(meeting),
        people: Set(people),
        how: Set(how.to_owned()),
        staff_id: Set(by),
        at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

pub(super) async fn photos(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<activity_photo::Model>> {
    Ok(activity_photo::Entity::find()
        .filter(activity_photo::Column::ClassId.eq(class))
        .filter(activity_photo::Column::RemovedAt.is_null())
        .order_by_asc(activity_photo::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn add_photo(
    tx: &DatabaseTransaction,
    class: ClassId,
    picture: PictureId,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = activity_photo::ActiveModel {
        class_id: Set(class),
        picture_id: Set(picture),
        caption: Set(String::new()),
        added_by: Set(by),
        added_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    activity_photo::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    Ok(())
}

pub(super) async fn remove_photo(
    tx: &DatabaseTransaction,
    class: ClassId,
    picture: PictureId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = activity_photo::Entity::update_many()
        .col_expr(activity_photo::Column::RemovedAt, Expr::value(now))
        .filter(activity_photo::Column::ClassId.eq(class))
        .filter(activity_photo::Column::PictureId.eq(picture))
        .filter(activity_photo::Column::RemovedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The meetings that began in a time and were not cancelled.
pub(super) async fn held(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    (from, to): Time,
) -> Result<Vec<(MeetingId, ClassId)>> {
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(meeting::Entity::find()
        .select_only()
        .columns([meeting::Column::Id, meeting::Column::ClassId])
        .filter(among(conn, meeting::Column::ClassId, classes))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .into_tuple()
        .all(conn)
        .await?)
}

/// 人次 and 学时 (in hundredths) of each class, of meetings that began in a time.
pub(super) async fn present(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    (from, to): Time,
) -> Result<Vec<(ClassId, i64, i64)>> {
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    let to_meeting: RelationDef = attendance::Entity::belongs_to(meeting::Entity)
        .from(attendance::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    Ok(attendance::Entity::find()
        .join(JoinType::InnerJoin, to_meeting)
        .select_only()
        .column(meeting::Column::ClassId)
        .column_as(attendance::Column::Id.count(), "times")
        .column_as(attendance::Column::HoursHundredths.sum(), "hundredths")
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .filter(among(conn, meeting::Column::ClassId, classes))
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .group_by(meeting::Column::ClassId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// A class of a project that meets in a time.
pub(super) struct Belongs {
    pub(super) project: ProjectId,
    pub(super) class: ClassId,
    pub(super) first_at: DateTime<Utc>,
}

/// What belongs to these projects and meets in a time, the earliest first. A shift of
/// volunteers is work for a project, and has its hours elsewhere.
pub(super) async fn of_projects(
    conn: &impl ConnectionTrait,
    projects: &[ProjectId],
    (from, to): Time,
) -> Result<Vec<Belongs>> {
    let first = Expr::col((meeting::Entity, meeting::Column::StartsAt)).min();
    let rows: Vec<(ProjectId, ClassId, DateTime<Utc>)> = meeting::Entity::find()
        .join(JoinType::InnerJoin, to_class())
        .select_only()
        .column(class::Column::ProjectId)
        .column(meeting::Column::ClassId)
        .column_as(first.clone(), "first_at")
        .filter(class::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(class::Column::Kind.ne(ClassKind::Shift))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .group_by(class::Column::ProjectId)
        .group_by(meeting::Column::ClassId)
        .order_by_asc(first)
        .into_tuple()
        .all(conn)
        .await?;
    let belongs = |(project, class, first_at)| Belongs { project, class, first_at };
    Ok(rows.into_iter().map(belongs).collect())
}

/// What was written about projects with these names, in a time.
pub(super) async fn articles(
    conn: &impl ConnectionTrait,
    names: &[&str],
    (from, to): Time,
) -> Result<HashMap<String, Vec<Written>>> {
    let to_article: RelationDef = news_item::Entity::belongs_to(article::Entity)
        .from(news_item::Column::ArticleId)
        .to(article::Column::Id)
        .into();
    let rows: Vec<(String, String, DateTime<Utc>, Option<ArticleStatus>)> =
        news_item::Entity::find()
            .join(JoinType::LeftJoin, to_article)
            .select_only()
            .column(news_item::Column::Project)
            .column(news_item::Column::Title)
            .column(news_item::Column::SentAt)
            .column(article::Column::Status)
            .filter(news_item::Column::Project.is_in(names.iter().copied()))
            .filter(news_item::Column::SentAt.gte(from))
            .filter(news_item::Column::SentAt.lt(to))
            .order_by_asc(news_item::Column::SentAt)
            .into_tuple()
            .all(conn)
            .await?;
    let mut found: HashMap<String, Vec<Written>> = HashMap::new();
    for (project, title, at, status) in rows {
        found.entry(project).or_default().push(Written { title, at, status });
    }
    Ok(found)
}

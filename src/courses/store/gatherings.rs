//! Queries on what belongs to no term of the calendar.

use chrono::NaiveDate;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use entity::ids::TermId;
use entity::kinds::ClassKind;
use entity::{class, meeting, term};

use crate::error::{Error, Result};

/// What stands in the records as its name.
const NAME: &str = "活动、志愿服务和社团";

/// The one term without an end, made when it is first needed. No rule of a term stands in the
/// way of what is in it: no age, no pledge, no limit, no hurry to leave.
pub(in crate::courses) async fn standing_term(tx: &DatabaseTransaction) -> Result<TermId> {
    let find = || term::Entity::find().filter(term::Column::Standing.eq(true));
    if let Some(row) = find().one(tx).await? {
        return Ok(row.id);
    }
    let day = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| Error::internal("no such day"))
    };
    let (first, last) = (day(2020, 1, 1)?, day(2199, 12, 31)?);
    let at = |day: NaiveDate| crate::clock::at_local(day, 0);
    let row = term::ActiveModel {
        name: Set(NAME.to_owned()),
        first_day: Set(first),
        last_day: Set(last),
        enrolment_opens_at: Set(at(first)),
        enrolment_closes_at: Set(at(last)),
        max_classes_per_person: Set(1_000),
        min_age: Set(0),
        pledge_needed: Set(false),
        relative_from_age: Set(200),
        min_percent: Set(0),
        min_people: Set(0),
        held_percent: Set(0),
        change_days: Set(100_000),
        free_days: Set(100_000),
        pass_needed: Set(false),
        standing: Set(true),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    term::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    let row = find().one(tx).await?;
    Ok(row.ok_or_else(|| Error::internal("the standing term is not there"))?.id)
}

/// Of a query that has `meeting` in it: what is no shift of volunteers. A shift is work, and
/// counts as neither 人次 nor 学时.
pub fn not_a_shift() -> Expr {
    let shifts = Query::select()
        .column(class::Column::Id)
        .from(class::Entity)
        .and_where(class::Column::Kind.eq(ClassKind::Shift))
        .to_owned();
    Expr::col((meeting::Entity, meeting::Column::ClassId)).not_in_subquery(shifts)
}

//! What a class is made of, on the wire for staff: communities, sites, holidays, courses and
//! teachers.

use chrono::NaiveDate;
use poem_openapi::Object;

use entity::ids::{CommunityId, CourseId, SiteId, StaffId, TeacherId};
use entity::kinds::{Residence, TeacherKind};
use entity::{course, holiday, site, teacher};

use crate::courses::{NewCourse, NewSite, NewTeacher, Offer, SiteRules};

#[derive(Object)]
pub(super) struct NameBody {
    pub(super) name: String,
}

/// 学习点.
#[derive(Object)]
pub(super) struct Site {
    id: SiteId,
    name: String,
    address: String,
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    #[oai(flatten)]
    classes: SiteDefaults,
}

/// What new classes at a site begin with; empty: as the term says.
#[derive(Object)]
pub(super) struct SiteDefaults {
    /// Of the places, kept for sign-up at the counter and by phone.
    held_percent: Option<i32>,
    min_people: Option<i32>,
    offer_hours: Option<i32>,
    offer_daytime_hours: Option<i32>,
    /// Empty: its community first, if it belongs to one.
    residence: Option<Residence>,
}

impl From<site::Model> for Site {
    fn from(row: site::Model) -> Self {
        let classes = SiteDefaults {
            held_percent: row.held_percent,
            min_people: row.min_people,
            offer_hours: row.offer_hours,
            offer_daytime_hours: row.offer_daytime_hours,
            residence: row.residence,
        };
        let site::Model { id, name, address, community_id, .. } = row;
        Self { id, name, address, community_id, classes }
    }
}

#[derive(Object)]
pub(super) struct SiteBody {
    name: String,
    address: String,
    community_id: Option<CommunityId>,
    #[oai(flatten)]
    classes: SiteDefaults,
}

impl From<SiteBody> for NewSite {
    fn from(body: SiteBody) -> Self {
        let SiteBody { name, address, community_id, classes } = body;
        let (hours, daytime_hours) = (classes.offer_hours, classes.offer_daytime_hours);
        let classes = SiteRules {
            held_percent: classes.held_percent,
            min_people: classes.min_people,
            offer: Offer { hours, daytime_hours },
            residence: classes.residence,
        };
        Self { name, address, community_id, classes }
    }
}

/// A day without meetings.
#[derive(Object)]
pub(super) struct Holiday {
    pub(super) day: NaiveDate,
    pub(super) name: String,
}

impl From<holiday::Model> for Holiday {
    fn from(row: holiday::Model) -> Self {
        Self { day: row.day, name: row.name }
    }
}

/// 课程.
#[derive(Object)]
pub(super) struct Course {
    id: CourseId,
    name: String,
    subject: String,
    description: String,
    smart_technology: bool,
    #[oai(skip_serializing_if_is_none)]
    min_age: Option<i32>,
    #[oai(skip_serializing_if_is_none)]
    max_age: Option<i32>,
}

impl From<course::Model> for Course {
    fn from(row: course::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            subject: row.subject,
            description: row.description,
            smart_technology: row.smart_technology,
            min_age: row.min_age,
            max_age: row.max_age,
        }
    }
}

#[derive(Object)]
pub(super) struct CourseBody {
    name: String,
    subject: String,
    #[oai(default)]
    description: String,
    #[oai(default)]
    smart_technology: bool,
    min_age: Option<i32>,
    max_age: Option<i32>,
}

impl From<CourseBody> for NewCourse {
    fn from(body: CourseBody) -> Self {
        Self {
            name: body.name,
            subject: body.subject,
            description: body.description,
            smart_technology: body.smart_technology,
            min_age: body.min_age,
            max_age: body.max_age,
        }
    }
}

/// 教师.
#[derive(Object)]
pub(super) struct Teacher {
    id: TeacherId,
    name: String,
    kind: TeacherKind,
    /// The login that opens the rolls of their classes.
    #[oai(skip_serializing_if_is_none)]
    staff_id: Option<StaffId>,
}

impl From<teacher::Model> for Teacher {
    fn from(row: teacher::Model) -> Self {
        Self { id: row.id, name: row.name, kind: row.kind, staff_id: row.staff_id }
    }
}

#[derive(Object)]
pub(super) struct TeacherBody {
    name: String,
    kind: TeacherKind,
    staff_id: Option<StaffId>,
}

impl From<TeacherBody> for NewTeacher {
    fn from(body: TeacherBody) -> Self {
        Self { name: body.name, kind: body.kind, staff_id: body.staff_id }
    }
}

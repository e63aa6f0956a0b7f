//! Terms, classes, enrolments and the register.

use sea_orm_migration::prelude::*;

use crate::columns::{
    bare_table, big, day, flag, index, int, optional, reference, table, text, time, unique, word,
    word_or_null,
};

/// In the order in which they are made; undone in reverse.
const TABLES: &[&str] = &[
    "term",
    "holiday",
    "course",
    "teacher",
    "class",
    "meeting",
    "meeting_change",
    "enrolment",
    "enrolment_change",
    "attendance",
    "attendance_event",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let term = table("term")
            .col(text("name"))
            .col(day("first_day"))
            .col(day("last_day"))
            .col(time("enrolment_opens_at"))
            .col(time("enrolment_closes_at"))
            .col(int("max_classes_per_person"))
            .col(int("min_age"))
            .take();
        manager.create_table(term).await?;
        manager.create_index(unique("term", &["name"])).await?;

        let holiday = bare_table("holiday").col(day("day").primary_key()).col(text("name")).take();
        manager.create_table(holiday).await?;

        let course = table("course")
            .col(text("name"))
            .col(text("subject"))
            .col(text("description"))
            .col(flag("smart_technology"))
            .col(optional(int("min_age")))
            .col(optional(int("max_age")))
            .take();
        manager.create_table(course).await?;
        manager.create_index(unique("course", &["name"])).await?;

        let teacher = table("teacher")
            .col(text("name"))
            .col(word("kind", &["full_time", "part_time", "volunteer"]))
            .col(optional(big("staff_id")))
            .foreign_key(&mut reference("teacher", "staff_id", "staff"))
            .take();
        manager.create_table(teacher).await?;
        manager.create_index(unique("teacher", &["staff_id"])).await?;

        let class_ = table("class")
            .col(big("term_id"))
            .col(big("course_id"))
            .col(big("teacher_id"))
            .col(big("site_id"))
            .col(text("name"))
            .col(text("room"))
            .col(int("capacity"))
            .col(int("taken"))
            .col(int("waiting"))
            .col(int("weekday"))
            .col(int("start_minute"))
            .col(int("duration_minutes"))
            .col(word("status", &["open", "cancelled"]))
            .col(time("created_at"))
            .foreign_key(&mut reference("class", "term_id", "term"))
            .foreign_key(&mut reference("class", "course_id", "course"))
            .foreign_key(&mut reference("class", "teacher_id", "teacher"))
            .foreign_key(&mut reference("class", "site_id", "site"))
            .check(Expr::cust("taken BETWEEN 0 AND capacity"))
            .check(Expr::cust("waiting >= 0"))
            .check(Expr::cust("weekday BETWEEN 1 AND 7"))
            .check(Expr::cust("duration_minutes > 0"))
            .take();
        manager.create_table(class_).await?;
        manager.create_index(index("class", &["term_id"])).await?;

        let meeting = table("meeting")
            .col(big("class_id"))
            .col(int("number"))
            .col(time("starts_at"))
            .col(time("ends_at"))
            .col(big("site_id"))
            .col(text("room"))
            .col(word("status", &["planned", "cancelled"]))
            .col(optional(text("note")))
            .foreign_key(&mut reference("meeting", "class_id", "class"))
            .foreign_key(&mut reference("meeting", "site_id", "site"))
            .take();
        manager.create_table(meeting).await?;
        manager.create_index(unique("meeting", &["class_id", "number"])).await?;
        manager.create_index(index("meeting", &["starts_at"])).await?;

        let meeting_change = table("meeting_change")
            .col(big("meeting_id"))
            .col(time("old_starts_at"))
            .col(time("old_ends_at"))
            .col(big("old_site_id"))
            .col(text("old_room"))
            .col(text("reason"))
            .col(big("staff_id"))
            .col(time("at"))
            .foreign_key(&mut reference("meeting_change", "meeting_id", "meeting"))
            .foreign_key(&mut reference("meeting_change", "old_site_id", "site"))
            .foreign_key(&mut reference("meeting_change", "staff_id", "staff"))
            .take();
        manager.create_table(meeting_change).await?;
        manager.create_index(index("meeting_change", &["meeting_id"])).await?;

        let enrolment = table("enrolment")
            .col(big("resident_id"))
            .col(big("class_id"))
            .col(big("course_id"))
            .col(big("term_id"))
            .col(word("status", &["placed", "waiting", "offered", "withdrawn", "cancelled"]))
            .col(optional(big("queue_number")))
            .col(optional(time("offer_expires_at")))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(&mut reference("enrolment", "resident_id", "resident"))
            .foreign_key(&mut reference("enrolment", "class_id", "class"))
            .foreign_key(&mut reference("enrolment", "course_id", "course"))
            .foreign_key(&mut reference("enrolment", "term_id", "term"))
            .take();
        manager.create_table(enrolment).await?;
        manager.create_index(index("enrolment", &["class_id", "status", "queue_number"])).await?;
        manager.create_index(index("enrolment", &["resident_id"])).await?;
        manager
            .create_index(
                unique("enrolment", &["resident_id", "class_id"])
                    .and_where(Expr::cust("status IN ('placed', 'waiting', 'offered')"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                unique("enrolment", &["resident_id", "course_id", "term_id"])
                    .and_where(Expr::cust("status IN ('placed', 'waiting', 'offered')"))
                    .take(),
            )
            .await?;

        let enrolment_change = table("enrolment_change")
            .col(big("enrolment_id"))
            .col(word_or_null(
                "from_status",
                &["placed", "waiting", "offered", "withdrawn", "cancelled"],
            ))
            .col(word("to_status", &["placed", "waiting", "offered", "withdrawn", "cancelled"]))
            .col(word("actor_kind", &["resident", "staff", "system"]))
            .col(optional(big("actor_id")))
            .col(optional(text("reason")))
            .col(time("at"))
            .foreign_key(&mut reference("enrolment_change", "enrolment_id", "enrolment"))
            .take();
        manager.create_table(enrolment_change).await?;
        manager.create_index(index("enrolment_change", &["enrolment_id"])).await?;

        let attendance = table("attendance")
            .col(big("meeting_id"))
            .col(big("resident_id"))
            .col(word("status", &["present", "absent", "leave"]))
            .col(int("hours_hundredths"))
            .col(optional(time("first_present_at")))
            .col(time("updated_at"))
            .foreign_key(&mut reference("attendance", "meeting_id", "meeting"))
            .foreign_key(&mut reference("attendance", "resident_id", "resident"))
            .check(Expr::cust("hours_hundredths >= 0"))
            .take();
        manager.create_table(attendance).await?;
        manager.create_index(unique("attendance", &["meeting_id", "resident_id"])).await?;
        manager.create_index(index("attendance", &["resident_id"])).await?;

        let attendance_event = table("attendance_event")
            .col(big("meeting_id"))
            .col(big("resident_id"))
            .col(word("way", &["code", "roll"]))
            .col(word("status", &["present", "absent", "leave"]))
            .col(word("actor_kind", &["resident", "staff", "system"]))
            .col(optional(big("actor_id")))
            .col(optional(text("reason")))
            .col(optional(big("code_step")))
            .col(time("at"))
            .foreign_key(&mut reference("attendance_event", "meeting_id", "meeting"))
            .foreign_key(&mut reference("attendance_event", "resident_id", "resident"))
            .take();
        manager.create_table(attendance_event).await?;
        manager
            .create_index(unique("attendance_event", &["meeting_id", "resident_id", "code_step"]))
            .await?;

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}

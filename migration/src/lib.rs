//! The history of the tables. Migrations are the truth: the entities follow.
//!
//! Each step runs on SQLite and PostgreSQL, stands or falls as a whole (SQLite has
//! to be asked for that: `use_transaction`), and can be undone.

#![expect(elided_lifetimes_in_paths, reason = "async_trait wants them so")]

pub use sea_orm_migration::prelude::*;

mod columns;
mod m20260901_000001_people;
mod m20260901_000002_classes;
mod m20260901_000003_news_and_jobs;
mod m20261124_000004_late_answers;
mod m20261124_000005_helpdesk;
mod m20261124_000006_mass_send;
mod m20261124_000007_erasure;
mod m20261127_000009_checks;
mod m20261127_000010_ways;
mod m20261127_000011_draw;
mod m20261127_000012_decisions;
mod m20261127_000013_rules;
mod m20261127_000014_family;
mod m20261127_000015_counter;
mod m20261128_000016_register;
mod m20261128_000017_wechat_notes;
mod m20261128_000019_follow;
mod m20261128_000020_defaults;
mod m20261128_000022_learning;
mod m20261128_000023_certificates;
mod m20261128_000024_reminders;
mod m20261128_000025_reports;
mod m20261128_000026_presence;
mod m20261128_000027_questions;
mod m20261128_000028_guests;
mod m20261128_000030_news_desk;
mod m20261128_000031_submissions;
mod m20261128_000032_issues;
mod m20261128_000033_belongs;
mod m20261128_000034_article_checks;
mod m20261128_000035_sign_in;
mod m20261128_000036_search;
mod m20261128_000037_course_pictures;
mod m20261128_000038_register_refers;
mod m20261128_000040_gatherings;
mod m20261128_000041_volunteers;
mod m20261128_000042_clubs;
mod remake;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260901_000001_people::Migration),
            Box::new(m20260901_000002_classes::Migration),
            Box::new(m20260901_000003_news_and_jobs::Migration),
            Box::new(m20261124_000004_late_answers::Migration),
            Box::new(m20261124_000005_helpdesk::Migration),
            Box::new(m20261124_000006_mass_send::Migration),
            Box::new(m20261124_000007_erasure::Migration),
            Box::new(m20261127_000009_checks::Migration),
            Box::new(m20261127_000010_ways::Migration),
            Box::new(m20261127_000011_draw::Migration),
            Box::new(m20261127_000012_decisions::Migration),
            Box::new(m20261127_000013_rules::Migration),
            Box::new(m20261127_000014_family::Migration),
            Box::new(m20261127_000015_counter::Migration),
            Box::new(m20261128_000016_register::Migration),
            Box::new(m20261128_000017_wechat_notes::Migration),
            Box::new(m20261128_000019_follow::Migration),
            Box::new(m20261128_000020_defaults::Migration),
            Box::new(m20261128_000022_learning::Migration),
            Box::new(m20261128_000023_certificates::Migration),
            Box::new(m20261128_000024_reminders::Migration),
            Box::new(m20261128_000025_reports::Migration),
            Box::new(m20261128_000026_presence::Migration),
            Box::new(m20261128_000027_questions::Migration),
            Box::new(m20261128_000028_guests::Migration),
            Box::new(m20261128_000030_news_desk::Migration),
            Box::new(m20261128_000031_submissions::Migration),
            Box::new(m20261128_000032_issues::Migration),
            Box::new(m20261128_000033_belongs::Migration),
            Box::new(m20261128_000034_article_checks::Migration),
            Box::new(m20261128_000035_sign_in::Migration),
            Box::new(m20261128_000036_search::Migration),
            Box::new(m20261128_000037_course_pictures::Migration),
            Box::new(m20261128_000038_register_refers::Migration),
            Box::new(m20261128_000040_gatherings::Migration),
            Box::new(m20261128_000041_volunteers::Migration),
            Box::new(m20261128_000042_clubs::Migration),
        ]
    }
}

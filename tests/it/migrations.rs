//! The tables: up, down, up again, on both databases; and what they refuse by themselves.

use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use crate::on_both_databases;
use crate::support::fixtures;

on_both_databases! {
    async fn every_migration_can_be_undone_and_done_again(app: TestApp) {
        let db = app.app.db.writer();
        let count = Migrator::migrations().len();
        assert_eq!(Migrator::get_applied_migrations(db).await.unwrap().len(), count);
        Migrator::down(db, None).await.unwrap();
        assert_eq!(Migrator::get_pending_migrations(db).await.unwrap().len(), count);
        Migrator::up(db, None).await.unwrap();
        fixtures::school(&app).await;
    }

    async fn the_database_itself_refuses_what_must_never_be(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 1).await;
        let person = fixtures::person(&app, school.community, 1).await;
        fixtures::placed(&app, &school, class, person.id).await;
        let db = app.app.db.writer();
        for wrong in [
            format!("UPDATE class SET taken = 2 WHERE id = {class}"),
            format!("UPDATE class SET taken = -1 WHERE id = {class}"),
            format!("UPDATE class SET status = 'perhaps' WHERE id = {class}"),
            format!("DELETE FROM class WHERE id = {class}"),
            "INSERT INTO enrolment (resident_id, class_id, course_id, term_id, status, created_at, updated_at) \
             SELECT resident_id, class_id, course_id, term_id, 'waiting', created_at, updated_at FROM enrolment"
                .to_owned(),
        ] {
            assert!(db.execute_unprepared(&wrong).await.is_err(), "{wrong}");
        }
        db.execute_unprepared("UPDATE enrolment SET status = 'withdrawn'").await.unwrap();
        fixtures::placed(&app, &school, class, person.id).await;
    }
}

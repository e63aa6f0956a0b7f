//! `shangxue rehearse`, as somebody runs it.

use std::process::Command;

use chrono::Utc;
use entity::{enrolment, resident, term};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, Statement,
};

use crate::on_both_databases;
use crate::support::{DATA_KEY, TestApp, fixtures};

async fn rehearse(app: &TestApp, people: u32) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shangxue"));
    command
        .args(["rehearse", "--within", "1", "--people", &people.to_string()])
        .env("SHANGXUE__DATABASE__URL", app.database_url())
        .env("SHANGXUE__SECURITY__DATA_KEY", DATA_KEY)
        .env("SHANGXUE__LOG__LEVEL", "error");
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (ran.status.success(), said)
}

on_both_databases! {
    async fn a_rehearsal_fills_a_copy_and_leaves_nothing_behind(app: TestApp) {
        // The command has the real time.
        app.advance(Utc::now() - app.now());
        let school = fixtures::school(&app).await;
        let (went, said) = rehearse(&app, 30).await;
        assert!(!went && said.contains("这个学期还没有班"), "{said}");

        let class = fixtures::class(&app, &school, "一班", 20).await;
        let person = fixtures::person(&app, school.community, 1).await;
        fixtures::placed(&app, &school, class, person.id).await;
        // Whether a busy machine is quick enough is not asked here.
        let (_, said) = rehearse(&app, 30).await;
        for line in ["1 个班，20 个名额；30 人来报名。", "  录取：20", "  进入候补：10", "✓ 没有多收", "✓ 人人都得到答复", "这个学期只有先到先得（", "没有演练：80 岁以上要家人同意"] {
            assert!(said.contains(line), "{line}: {said}");
        }

        // What people who are made up cannot show is switched off, and said.
        let db = app.app.db.writer();
        let pledge = term::ActiveModel { id: Unchanged(school.term), pledge_needed: Set(true), ..Default::default() };
        pledge.update(db).await.unwrap();
        let (_, said) = rehearse(&app, 5).await;
        assert!(said.contains("没有演练：签承诺书") && said.contains("  录取：5"), "{said}");

        assert_eq!(enrolment::Entity::find().count(db).await.unwrap(), 1);
        assert_eq!(resident::Entity::find().count(db).await.unwrap(), 1);
        if db.get_database_backend() == DbBackend::Postgres {
            let left = "SELECT count(*) AS n FROM pg_database WHERE datname LIKE 'shangxue_rehearsal%'";
            let left = Statement::from_string(DbBackend::Postgres, left);
            let row = db.query_one_raw(left).await.unwrap().unwrap();
            assert_eq!(row.try_get::<i64>("", "n").unwrap(), 0);
        }
    }
}

//! Lists as files: what stands in them, and who may have them.

use entity::kinds::{EnrolmentStatus, Role};
use entity::{audit, community, enrolment, resident};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{cells, everything, words};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures;

/// Gives somebody a name, a phone number and an ID number.
async fn known_as(app: &TestApp, id: entity::ids::ResidentId, name: &str) {
    let row = resident::Entity::find_by_id(id).one(app.app.db.read()).await.unwrap().unwrap();
    let mut row: resident::ActiveModel = row.into();
    let vault = &app.app.vault;
    row.name = Set(Some(name.to_owned()));
    row.phone_sealed = Set(Some(vault.seal("phone", "13912345678").unwrap()));
    row.id_number_sealed = Set(Some(vault.seal("id_number", "11010519491231002X").unwrap()));
    row.update(app.app.db.writer()).await.unwrap();
}

on_both_databases! {
    async fn the_list_of_a_class_is_for_work_or_to_be_posted(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班/上午?", 5).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let names = ["丁桂英", "=1+1", "+丁", "王芳"];
        for (nth, name) in (1..).zip(names) {
            let person = fixtures::person(&app, school.community, nth).await;
            known_as(&app, person.id, name).await;
            let waits = name == "王芳";
            let row = enrolment::ActiveModel {
                resident_id: Set(person.id),
                class_id: Set(class),
                course_id: Set(school.course),
                term_id: Set(school.term),
                status: Set(if waits { EnrolmentStatus::Waiting } else { EnrolmentStatus::Placed }),
                queue_number: Set(waits.then_some(1)),
                created_at: Set(app.now()),
                updated_at: Set(app.now()),
                ..Default::default()
            };
            row.insert(app.app.db.writer()).await.unwrap();
        }
        let path = format!("/api/staff/classes/{class}/list");
        let work = app.post(&path, &json!({"for": "work"})).by(&clerk).send().await;
        assert!(work.status.is_success(), "{}", work.text());
        // 一班上午名单2026-09-01.xlsx: without what no system keeps in a name.
        let name = "filename*=UTF-8''%E4%B8%80%E7%8F%AD%E4%B8%8A%E5%8D%88%E5%90%8D%E5%8D%952026-09-01.xlsx";
        assert!(work.headers["content-disposition"].to_str().unwrap().ends_with(name), "{:?}", work.headers);
        let rows = cells(&work.bytes);
        let of = |row: &Vec<calamine::Data>, columns: usize| row[..columns].iter().map(words).collect::<Vec<_>>();
        let lines: Vec<_> = rows.iter().skip(5).map(|row| of(row, 5)).collect();
        assert_eq!(lines, [
            ["1", "丁桂英", "2026000001", "139****5678", "已录取"],
            ["2", "=1+1", "2026000002", "139****5678", "已录取"],
            ["3", "+丁", "2026000003", "139****5678", "已录取"],
            ["4", "王芳", "2026000004", "139****5678", "候补中第 1 位"],
        ]);
        let all = everything(&work.bytes);
        assert!(all.contains("内部使用，请勿外传") && all.contains("2026年9月1日") && all.contains("quotePrefix"));
        for hidden in ["13912345678", "110105", "1231002X"] {
            assert!(!all.contains(hidden), "{hidden}");
        }

        let posted = app.post(&path, &json!({"for": "posting"})).by(&clerk).send().await;
        let rows = cells(&posted.bytes);
        let lines: Vec<_> = rows.iter().skip(4).map(|row| of(row, 4)).collect();
        assert_eq!(lines, [
            ["1", "丁**", "0001", "已录取"],
            ["2", "=***", "0002", "已录取"],
            ["3", "+*", "0003", "已录取"],
            ["4", "王*", "0004", "候补中第 1 位"],
        ]);
        let all = everything(&posted.bytes);
        for hidden in ["桂英", "139****", "2026000001", "请勿外传", "centre同志"] {
            assert!(!all.contains(hidden), "{hidden}");
        }

        let acts = audit::Entity::find().all(app.app.db.read()).await.unwrap();
        let acts: Vec<_> = acts.into_iter().map(|act| (act.staff_id, act.action, act.object, act.detail.unwrap())).collect();
        let act = |detail: &str| (Some(clerk.id), "class.exported".to_owned(), format!("class:{class}"), detail.to_owned());
        assert_eq!(acts, [act("work list, 4 lines"), act("posted list, 4 lines")]);
        // Nothing that changes the audit is done by a link from elsewhere.
        app.get(&path).by(&clerk).send().await.refused(405, "method_not_allowed");
        app.post(&path, &json!({"for": "work"})).staff(&clerk.token, "wrong").send().await.refused(403, "csrf");
    }

    async fn lists_are_given_within_the_scope(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 5).await;
        let other = community::ActiveModel { name: Set("红旗社区".to_owned()), ..Default::default() };
        let other = other.insert(app.app.db.writer()).await.unwrap().id;
        for (nth, community, name) in [(1, school.community, "丁桂英"), (2, other, "陈秀珍")] {
            let person = fixtures::person(&app, community, nth).await;
            known_as(&app, person.id, name).await;
        }
        let erased = fixtures::person(&app, other, 3).await;
        let row = resident::Entity::find_by_id(erased.id).one(app.app.db.read()).await.unwrap().unwrap();
        let mut row: resident::ActiveModel = row.into();
        row.erased_at = Set(Some(app.now()));
        row.update(app.app.db.writer()).await.unwrap();

        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(other)).await;
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let posted = json!({"for": "posting"});
        let path = format!("/api/staff/classes/{class}/list");
        app.post(&path, &posted).by(&officer).send().await.refused(403, "out_of_scope");
        app.post(&path, &posted).by(&teacher).send().await.refused(403, "forbidden");

        let path = "/api/staff/sheets/residents/list";
        let lines = async |who, body| {
            let answer = app.post(path, &body).by(who).send().await;
            assert!(answer.status.is_success(), "{}", answer.text());
            assert!(!everything(&answer.bytes).contains("13912345678"));
            let rows = cells(&answer.bytes);
            let line = |row: &Vec<calamine::Data>| row[1..].iter().map(words).collect::<Vec<_>>().join(" ");
            rows.iter().skip(4).map(line).collect::<Vec<_>>()
        };
        let own = "陈秀珍 2026000002 139****5678 红旗社区";
        assert_eq!(lines(&centre, json!({})).await, ["丁桂英 2026000001 139****5678 常沙社区", own]);
        assert_eq!(lines(&centre, json!({"community_id": other})).await, [own]);
        assert_eq!(lines(&officer, json!({})).await, [own]);
        assert_eq!(lines(&officer, json!({"community_id": other})).await, [own]);
        app.post(path, &json!({"community_id": school.community})).by(&officer).send().await.refused(403, "out_of_scope");
        app.post(path, &json!({})).by(&teacher).send().await.refused(403, "forbidden");
        let done = audit::Entity::find().filter(audit::Column::Action.ne("staff.forbidden"));
        let acts = done.all(app.app.db.read()).await.unwrap();
        assert_eq!(acts.len(), 4);
        assert_eq!(acts[2].object, format!("community:{other}"));
        assert_eq!(acts[2].detail.as_deref(), Some("work list, 1 lines"));
    }
}

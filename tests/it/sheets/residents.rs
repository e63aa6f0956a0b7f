//! Residents from a file.

use std::time::Instant;

use entity::kinds::Role;
use entity::{audit, community, consent, resident};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::{Put, places, said, send, text, xlsx};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk};

const HEADINGS: [&str; 4] = ["姓名", "出生日期", "社区", "手机号"];
const CHECK: &str = "/api/staff/sheets/residents/check";
const IMPORT: &str = "/api/staff/sheets/residents/import?consent_on_paper=true";

fn row(name: &str, born: Put, community: &str, phone: Put) -> Vec<Put> {
    vec![text(name), born, text(community), phone]
}

async fn count(app: &TestApp) -> u64 {
    resident::Entity::find().count(app.app.db.read()).await.unwrap()
}

async fn centre(app: &TestApp) -> Clerk {
    fixtures::clerk(app, "centre", Role::Centre, None).await
}

async fn other_community(app: &TestApp) -> entity::ids::CommunityId {
    let row = community::ActiveModel { name: Set("红旗社区".to_owned()), ..Default::default() };
    row.insert(app.app.db.writer()).await.unwrap().id
}

fn good() -> Vec<Vec<Put>> {
    vec![
        row("示例：王秀英", text("1956-03-01"), "常沙社区", text("13800000000")),
        row("丁桂英", text("1956-03-01"), "常沙社区", text("139 1234 5678")),
        row("王\u{3000}芳", text("1956年5月5日"), "常沙社区", Put::Number(13_912_345_679.0)),
        vec![],
        row(" 陈秀珍 ", Put::Day(1958, 3, 8), "常沙 社区", text("１３９１２３４５６８０")),
        row("阿依古丽•买买提", text("1957/1/2"), "常沙社区", Put::Nothing),
        row("黄金龙", Put::Number(19_550_408.0), "常沙社区", text("+86 139-1234-5681")),
    ]
}

on_both_databases! {
    async fn people_are_entered_with_the_consent_that_is_on_paper(app: TestApp) {
        fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let file = xlsx(&HEADINGS, &good());
        let report = send(&app, &clerk, CHECK, &file).await.ok();
        assert_eq!((&report["rows"], &report["good"]), (&json!(5), &json!(5)), "{report}");
        assert_eq!(count(&app).await, 0);
        let without = IMPORT.replace("true", "false");
        send(&app, &clerk, &without, &file).await.refused(400, "consent_needed");
        assert_eq!(count(&app).await, 0);

        let report = send(&app, &clerk, IMPORT, &file).await.ok();
        assert_eq!((&report["good"], &report["imported"]), (&json!(5), &json!(true)), "{report}");
        let db = app.app.db.read();
        let made = resident::Entity::find().all(db).await.unwrap();
        let mut of: Vec<_> = made
            .iter()
            .map(|row| {
                let phone = row.phone_sealed.as_ref().map(|sealed| app.app.vault.open("phone", sealed).unwrap());
                (row.name.clone().unwrap(), row.birth_date.unwrap().to_string(), phone.unwrap_or_default())
            })
            .collect();
        of.sort();
        let mut expected = [
            ("丁桂英", "1956-03-01", "13912345678"),
            ("王芳", "1956-05-05", "13912345679"),
            ("陈秀珍", "1958-03-08", "13912345680"),
            ("阿依古丽·买买提", "1957-01-02", ""),
            ("黄金龙", "1955-04-08", "13912345681"),
        ]
        .map(|(name, born, phone)| (name.to_owned(), born.to_owned(), phone.to_owned()));
        expected.sort();
        assert_eq!(of, expected);
        // Consent and audit stand for each of them, as from the counter.
        assert_eq!(consent::Entity::find().count(db).await.unwrap(), 5);
        let registered = audit::Entity::find().filter(audit::Column::Action.eq("resident.registered")).all(db).await.unwrap();
        assert_eq!(registered.len(), 5);
        assert!(registered.iter().all(|act| act.detail.as_deref().is_some_and(|detail| detail.contains("on paper"))));
        let kept = audit::Entity::find().all(db).await.unwrap();
        assert!(!format!("{kept:?}").contains("丁桂英"), "the audit names nobody");

        // The same file again: everybody is known.
        let again = send(&app, &clerk, IMPORT, &file).await.ok();
        assert_eq!((&again["good"], again["known"].as_array().unwrap().len()), (&json!(0), 5), "{again}");
        assert_eq!(again["faults"], json!([]));
        assert_eq!(count(&app).await, 5);
        // And at the counter they are found.
        let found = app.get("/api/staff/counter/matches").query("number", "13912345681").by(&clerk).send().await.ok();
        assert_eq!((&found["items"][0]["name"], &found["items"][0]["consented"]), (&json!("黄金龙"), &json!(true)));
    }

    async fn every_fault_is_said_and_nobody_is_entered(app: TestApp) {
        fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let rows = vec![
            row("丁桂英", text("1956-03-01"), "常沙社区", Put::Nothing),
            row("王1", text("1956-13-01"), "月亮社区", text("12345")),
            row("", Put::Nothing, "", Put::Nothing),
            row("陈秀珍", text("2999-01-01"), "常沙社区", text("1.39E+10")),
            row("丁桂英", text("1956/3/1"), "常沙社区", Put::Nothing),
            row("黄金龙", Put::Number(1955.0), "常沙社区", text("没有")),
            vec![Put::Nothing, text("1956-01-01")],
        ];
        for path in [CHECK, IMPORT] {
            let report = send(&app, &clerk, path, &xlsx(&HEADINGS, &rows)).await.ok();
            let expected = [
                (3, "姓名"), (3, "出生日期"), (3, "社区"), (3, "手机号"),
                (5, "出生日期"), (5, "手机号"),
                (6, "姓名"),
                (7, "出生日期"), (7, "手机号"),
                (8, "姓名"), (8, "社区"),
            ];
            assert_eq!(places(&report), expected.map(|(row, column)| (row, column.to_owned())), "{report:#}");
            assert!(said(&report, 6, "姓名").contains("第 2 行"), "{report}");
            assert!(said(&report, 3, "社区").contains("没有“月亮社区”"), "{report}");
            assert_eq!((&report["good"], &report["imported"]), (&json!(1), &json!(false)));
        }
        assert_eq!(count(&app).await, 0, "also not the good one");
    }

    async fn who_is_known_is_listed_and_the_others_are_entered(app: TestApp) {
        let school = fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let known = json!({"name": "丁桂英", "birth_date": "1956-03-01", "phone": "13912345678", "community_id": school.community, "consent_on_paper": true});
        let known = app.post("/api/staff/residents", &known).by(&clerk).header("idempotency-key", "k").send().await.ok();
        let rows = vec![
            row("丁桂英", text("1956-03-01"), "常沙社区", Put::Nothing),
            row("丁桂兰", text("1956-03-01"), "常沙社区", text("13912345678")),
        ];
        let report = send(&app, &clerk, IMPORT, &xlsx(&HEADINGS, &rows)).await.ok();
        assert_eq!((&report["good"], &report["imported"]), (&json!(1), &json!(true)), "{report}");
        assert_eq!(report["known"][0]["row"], 2);
        assert!(report["known"][0]["message"].as_str().unwrap().contains(known["learner_number"].as_str().unwrap()));
        // By name and phone too; that the birth date is another is said.
        let typo = row("丁桂英", text("1956-03-10"), "常沙社区", text("13912345678"));
        let report = send(&app, &clerk, CHECK, &xlsx(&HEADINGS, &[typo])).await.ok();
        assert!(report["known"][0]["message"].as_str().unwrap().contains("出生日期不一样"), "{report}");
        // The counter decides in the same way.
        let body = json!({"name": "丁桂英", "birth_date": "1956-03-10", "phone": "13912345678", "community_id": school.community, "consent_on_paper": true});
        app.post("/api/staff/residents", &body).by(&clerk).header("idempotency-key", "k2").send().await.refused(409, "resident_exists");
        assert_eq!(count(&app).await, 2);
    }

    async fn an_officer_enters_people_of_the_own_community(app: TestApp) {
        let school = fixtures::school(&app).await;
        let other = other_community(&app).await;
        let elsewhere = fixtures::person(&app, other, 1).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let known = resident::Entity::find_by_id(elsewhere.id).one(app.app.db.read()).await.unwrap().unwrap();
        let mut named: resident::ActiveModel = known.into();
        named.name = Set(Some("丁桂英".to_owned()));
        named.update(app.app.db.writer()).await.unwrap();
        let rows = vec![
            row("陈秀珍", text("1956-03-01"), "红旗社区", Put::Nothing),
            row("丁桂英", text("1956-03-01"), "常沙社区", Put::Nothing),
            row("黄金龙", text("1956-03-01"), "常沙社区", Put::Nothing),
        ];
        let report = send(&app, &officer, IMPORT, &xlsx(&HEADINGS, &rows)).await.ok();
        assert_eq!(places(&report), [(2, "社区".to_owned()), (3, "姓名".to_owned())]);
        assert!(said(&report, 3, "姓名").contains("别的社区"), "{report}");
        assert!(!report.to_string().contains("2026000001"), "nothing of somebody elsewhere");
        let report = send(&app, &officer, IMPORT, &xlsx(&HEADINGS, &rows[2..])).await.ok();
        assert_eq!(report["imported"], true);
        let nobody = fixtures::clerk(&app, "lost", Role::Officer, None).await;
        send(&app, &nobody, CHECK, &xlsx(&HEADINGS, &rows)).await.refused(403, "no_community");
    }

    async fn two_colleagues_with_one_file_enter_its_people_once(app: TestApp) {
        fixtures::school(&app).await;
        let one = centre(&app).await;
        let other = fixtures::clerk(&app, "admin", Role::Admin, None).await;
        let file = xlsx(&HEADINGS, &good());
        let (a, b) = tokio::join!(send(&app, &one, IMPORT, &file), send(&app, &other, IMPORT, &file));
        let good = |report: &serde_json::Value| report["good"].as_u64().unwrap();
        assert_eq!(good(&a.ok()) + good(&b.ok()), 5);
        assert_eq!(count(&app).await, 5);
    }

    async fn who_comes_to_the_counter_meanwhile_is_entered_once(app: TestApp) {
        let school = fixtures::school(&app).await;
        let (one, other) = (centre(&app).await, fixtures::clerk(&app, "admin", Role::Admin, None).await);
        let file = xlsx(&HEADINGS, &good());
        let body = json!({"name": "黄金龙", "birth_date": "1955-04-08", "community_id": school.community, "consent_on_paper": true});
        let at_counter = app.post("/api/staff/residents", &body).by(&other).header("idempotency-key", "k").send();
        let (brought, entered) = tokio::join!(send(&app, &one, IMPORT, &file), at_counter);
        let brought = brought.ok();
        assert_eq!(brought["imported"], true);
        // Whoever was second found them known.
        match brought["known"].as_array().unwrap().len() {
            0 => drop(entered.refused(409, "resident_exists")),
            _ => drop(entered.ok()),
        }
        assert_eq!(count(&app).await, 5);
    }

    async fn a_column_that_is_not_wanted_is_left_where_it_is(app: TestApp) {
        fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let headings = ["身份证号", "居民姓名", "生日（必填）", "所属社区", "备注"];
        let rows = vec![[text("11010519491231002X"), text("丁桂英"), text("1949-12-31"), text("常沙社区"), text("=1+1")].to_vec()];
        let report = send(&app, &clerk, IMPORT, &xlsx(&headings, &rows)).await.ok();
        assert_eq!(report["unused"], json!(["身份证号", "备注"]), "{report}");
        let made = resident::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((made.id_number_sealed, made.id_number_hash, made.phone_hash), (None, None, None));
    }

    async fn two_thousand_people_take_a_few_seconds(app: TestApp) {
        fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let person = |nth: u32| {
            let name: String = format!("{nth:04}").chars().map(|digit| "零一二三四五六七八九".chars().nth(digit as usize - '0' as usize).unwrap()).collect();
            row(&format!("王{name}"), Put::Day(1950, 1 + (nth % 12) as u8, 1 + (nth % 28) as u8), "常沙社区", Put::Number(13_900_000_000.0 + f64::from(nth)))
        };
        let rows: Vec<_> = (0..2000).map(person).collect();
        let file = xlsx(&HEADINGS, &rows);
        let begun = Instant::now();
        let report = send(&app, &clerk, CHECK, &file).await.ok();
        assert_eq!(report["good"], 2000);
        let report = send(&app, &clerk, IMPORT, &file).await.ok();
        assert_eq!(report["imported"], true);
        // Far above what it takes: a query for each row would show.
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
        assert_eq!(count(&app).await, 2000);
        let more: Vec<_> = (0..2001).map(person).collect();
        send(&app, &clerk, CHECK, &xlsx(&HEADINGS, &more)).await.refused(400, "sheet_too_many_rows");
    }
}

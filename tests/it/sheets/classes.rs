//! Classes of a term from a file.

use entity::kinds::Role;
use entity::{audit, class, community, holiday, meeting, site, teacher};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, PaginatorTrait};

use super::{Put, cells, everything, places, said, send, text, words, xlsx};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, School};

const HEADINGS: [&str; 11] = [
    "班级名称",
    "课程",
    "教师",
    "学习点",
    "教室",
    "星期",
    "几点开始",
    "每次多少分钟",
    "一共几次课",
    "名额",
    "窗口留百分之几",
];

/// A good row; its hour is its own.
fn row(name: &str, weekday: &str, hour: &str) -> Vec<Put> {
    let mut row: Vec<Put> =
        [name, "智在指尖", "王芳", "社区教育中心", "201教室", weekday, hour].map(text).to_vec();
    row.extend([90.0, 16.0, 30.0].map(Put::Number));
    row.push(Put::Nothing);
    row
}

fn with(mut row: Vec<Put>, changes: &[(usize, Put)]) -> Vec<Put> {
    for (column, put) in changes {
        row[*column] = put.clone();
    }
    row
}

fn file(rows: &[Vec<Put>]) -> Vec<u8> {
    xlsx(&HEADINGS, rows)
}

fn path(school: &School, verb: &str) -> String {
    format!("/api/staff/sheets/classes/{verb}?term_id={}", school.term)
}

async fn count(app: &TestApp) -> (u64, u64) {
    let db = app.app.db.read();
    let classes = class::Entity::find().count(db).await.unwrap();
    (classes, meeting::Entity::find().count(db).await.unwrap())
}

async fn centre(app: &TestApp) -> Clerk {
    fixtures::clerk(app, "centre", Role::Centre, None).await
}

on_both_databases! {
    async fn good_rows_become_classes_all_together(app: TestApp) {
        let school = fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let rows = [
            // As the template's example, and an empty row.
            with(row("示例：书法班", "周九", "从不"), &[]),
            row("智在指尖一班", "周二", "9:00"),
            vec![Put::Nothing, text(" \u{3000}")],
            with(row("智在指尖二班", "星期三", "x"), &[(6, Put::Hour(14, 30)), (9, text("２０人")), (10, Put::Number(10.0))]),
            with(row(" 智在指尖三班\u{3000}", "4", "下午2点半"), &[(2, text("王 芳")), (3, text("社区教育中心 ")), (7, text("90分钟"))]),
        ];
        let report = send(&app, &clerk, &path(&school, "check"), &file(&rows)).await.ok();
        assert_eq!((&report["rows"], &report["good"], &report["imported"]), (&3.into(), &3.into(), &false.into()), "{report}");
        assert_eq!(count(&app).await, (0, 0), "a check changes nothing");

        let report = send(&app, &clerk, &path(&school, "import"), &file(&rows)).await.ok();
        assert_eq!((&report["good"], &report["imported"]), (&3.into(), &true.into()), "{report}");
        let mut made = class::Entity::find().all(app.app.db.read()).await.unwrap();
        made.sort_by_key(|class| class.weekday);
        let of = |class: &class::Model| (class.name.clone(), class.weekday, class.start_minute, class.capacity, class.held_percent);
        assert_eq!(made.iter().map(of).collect::<Vec<_>>(), [
            ("智在指尖一班".to_owned(), 2, 540, 30, None),
            ("智在指尖二班".to_owned(), 3, 870, 20, Some(10)),
            ("智在指尖三班".to_owned(), 4, 870, 30, None),
        ]);
        assert_eq!(count(&app).await, (3, 3 * 16));
        let listed = app.get("/api/classes").send().await.ok();
        assert_eq!(listed["total"], 3);
        let acts = audit::Entity::find().all(app.app.db.read()).await.unwrap();
        let acts: Vec<&str> = acts.iter().map(|act| act.action.as_str()).collect();
        assert_eq!(acts, ["class.created", "class.created", "class.created", "classes.imported"]);
    }

    async fn the_same_file_again_makes_nothing(app: TestApp) {
        let school = fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let file = file(&[row("一班", "周二", "9:00"), row("二班", "周三", "9:00")]);
        send(&app, &clerk, &path(&school, "import"), &file).await.ok();
        let before = count(&app).await;
        let again = send(&app, &clerk, &path(&school, "import"), &file).await.ok();
        assert_eq!(again["imported"], false);
        // Once, by name: that it is in its own way need not be said as well.
        assert_eq!(places(&again), [(2, "班级名称".to_owned()), (3, "班级名称".to_owned())]);
        assert!(said(&again, 2, "班级名称").contains("已经有“一班”"), "{again}");
        assert_eq!(count(&app).await, before);
    }

    async fn two_colleagues_with_one_file_make_its_classes_once(app: TestApp) {
        let school = fixtures::school(&app).await;
        let one = centre(&app).await;
        let other = fixtures::clerk(&app, "admin", Role::Admin, None).await;
        let rows: Vec<_> = ["周一", "周二", "周三", "周四", "周五"].map(|day| row(&format!("{day}班"), day, "9:00")).to_vec();
        let (file, path) = (file(&rows), path(&school, "import"));
        let (a, b) = tokio::join!(send(&app, &one, &path, &file), send(&app, &other, &path, &file));
        let (a, b) = (a.ok(), b.ok());
        assert_eq!([&a, &b].iter().filter(|report| report["imported"] == true).count(), 1, "{a} {b}");
        assert_eq!(count(&app).await, (5, 80));
    }

    async fn every_fault_of_every_row_is_said_and_nothing_is_made(app: TestApp) {
        let school = fixtures::school(&app).await;
        let clerk = centre(&app).await;
        // A class that is there, Tuesdays at 9:00; and two who are called the same.
        fixtures::class(&app, &school, "太极拳班", 30).await;
        for _ in 0..2 {
            let twin = teacher::ActiveModel { name: Set("李红梅".to_owned()), kind: Set(entity::kinds::TeacherKind::Volunteer), ..Default::default() };
            twin.insert(app.app.db.writer()).await.unwrap();
        }
        let before = count(&app).await;
        let rows = [
            row("好班", "周日", "9:00"),
            with(row("", "周八", "25:00"), &[(1, text("智在指间")), (3, text("月亮")), (4, Put::Nothing), (7, text("一小时")), (8, Put::Number(0.0)), (9, Put::Number(30.5)), (10, Put::Number(101.0))]),
            row("太极拳班", "周五", "9:00"),
            row("撞班", "周二", "10:00"),
            row("甲班", "周三", "9:00"),
            row("乙班", "周三", "10:29"),
            with(row("好班", "周四", "8:00"), &[(2, text("李红梅"))]),
            with(row(&"长".repeat(31), "周四", "23:00"), &[(9, Put::Number(501.0))]),
        ];
        for verb in ["check", "import"] {
            let report = send(&app, &clerk, &path(&school, verb), &file(&rows)).await.ok();
            assert_eq!((&report["rows"], &report["good"], &report["imported"]), (&8.into(), &2.into(), &false.into()), "{report}");
            let expected = [
                (3, "班级名称"), (3, "课程"), (3, "学习点"), (3, "教室"), (3, "星期"), (3, "几点开始"), (3, "每次多少分钟"), (3, "一共几次课"), (3, "名额"), (3, "窗口留百分之几"),
                (4, "班级名称"),
                (5, "教师"), (5, "教室"),
                (7, "教师"), (7, "教室"),
                (8, "班级名称"), (8, "教师"),
                (9, "班级名称"), (9, "几点开始"), (9, "名额"),
            ];
            assert_eq!(places(&report), expected.map(|(row, column)| (row, column.to_owned())), "{report:#}");
            assert!(said(&report, 3, "课程").contains("是不是“智在指尖”"), "{report}");
            assert!(said(&report, 3, "星期").contains("“周八”"), "{report}");
            assert!(said(&report, 5, "教师").contains("王芳老师这个时间要上“太极拳班”（每周二 9:00–10:30）"), "{report}");
            assert!(said(&report, 7, "教室").contains("表里第 6 行的“甲班”"), "{report}");
            assert!(said(&report, 8, "班级名称").contains("第 2 行"), "{report}");
            assert!(said(&report, 8, "教师").contains("李红梅（编号"), "{report}");
            assert_eq!(count(&app).await, before);
        }
    }

    async fn a_week_without_days_is_a_fault(app: TestApp) {
        let school = fixtures::school(&app).await;
        let clerk = centre(&app).await;
        // Every Monday is a holiday.
        let mut day = app.app.clock.today() - chrono::TimeDelta::days(1);
        for _ in 0..20 {
            holiday::ActiveModel { day: Set(day), name: Set("放假".to_owned()) }.insert(app.app.db.writer()).await.unwrap();
            day += chrono::TimeDelta::days(7);
        }
        let report = send(&app, &clerk, &path(&school, "check"), &file(&[row("一班", "周一", "9:00")])).await.ok();
        assert_eq!(places(&report), [(2, "星期".to_owned())]);
        let nowhere = format!("/api/staff/sheets/classes/check?term_id={}", school.term.0 + 99);
        send(&app, &clerk, &nowhere, &file(&[row("一班", "周一", "9:00")])).await.refused(404, "term_not_found");
    }

    async fn an_officer_brings_classes_to_the_own_sites_alone(app: TestApp) {
        let school = fixtures::school(&app).await;
        let other = community::ActiveModel { name: Set("红旗社区".to_owned()), ..Default::default() };
        let other = other.insert(app.app.db.writer()).await.unwrap().id;
        let place = site::ActiveModel { name: Set("红旗学习点".to_owned()), address: Set("红旗路".to_owned()), community_id: Set(Some(other)), ..Default::default() };
        place.insert(app.app.db.writer()).await.unwrap();
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let rows = [row("一班", "周二", "9:00"), with(row("二班", "周三", "9:00"), &[(3, text("红旗学习点"))])];
        let report = send(&app, &officer, &path(&school, "import"), &file(&rows)).await.ok();
        assert_eq!(places(&report), [(3, "学习点".to_owned())]);
        assert_eq!(count(&app).await.0, 0);
        let report = send(&app, &officer, &path(&school, "import"), &file(&rows[..1])).await.ok();
        assert_eq!(report["imported"], true);
        // The template offers no other site, and no door is open to teachers.
        let template = app.get("/api/staff/sheets/classes/template").by(&officer).send().await;
        let all = everything(&template.bytes);
        assert!(all.contains("社区教育中心") && !all.contains("红旗学习点"));
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        send(&app, &teacher, &path(&school, "check"), &file(&rows)).await.refused(403, "forbidden");
    }

    async fn the_template_is_a_file_to_fill_in(app: TestApp) {
        let school = fixtures::school(&app).await;
        let clerk = centre(&app).await;
        let template = app.get("/api/staff/sheets/classes/template").by(&clerk).send().await;
        assert_eq!(template.headers["content-type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        // 班级导入模板.xlsx
        let name = "filename*=UTF-8''%E7%8F%AD%E7%BA%A7%E5%AF%BC%E5%85%A5%E6%A8%A1%E6%9D%BF.xlsx";
        assert!(template.headers["content-disposition"].to_str().unwrap().contains(name));
        let cells = cells(&template.bytes);
        assert!(words(&cells[0][0]).starts_with("班级名称"));
        assert!(words(&cells[1][0]).starts_with("示例："));
        assert!(everything(&template.bytes).contains("dataValidation"));
        // As it is, there is nothing in it yet: the example is skipped.
        send(&app, &clerk, &path(&school, "check"), &template.bytes).await.refused(400, "sheet_empty");
    }
}

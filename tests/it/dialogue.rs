//! Every answer of the account: short sentences, and never a dead end.

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::EnrolmentStatus;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};
use shangxue::sandbox::User;

use crate::on_both_databases_with_wechat;
use crate::support::Backend;
use crate::support::fixtures::{class, meeting, placed, school};
use crate::support::platform::World;

const ASKED: [&str; 15] = [
    "报名",
    "上课时间",
    "在哪上课",
    "签到",
    "学时",
    "请假",
    "退课",
    "候补",
    "绑定",
    "新闻",
    "人工",
    "帮助",
    "谢谢",
    "今天天气真好",
    "我要报名智在指尖班",
];

async fn hears(world: &World, user: &User, typed: &str) -> String {
    world.platform.say(user, typed).await.unwrap().pop().unwrap().text
}

/// Without the tags of links.
fn bare(text: &str) -> String {
    let (mut bare, mut inside) = (String::new(), false);
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => bare.push(c),
            _ => {}
        }
    }
    bare
}

fn check(typed: &str, answer: &str) {
    for sentence in bare(answer).split(['\n', '。', '！', '？']) {
        let length = sentence.chars().count();
        assert!(length <= 40, "{typed}: {length} characters: {sentence}");
    }
    let goes_on = ["<a ", "回复“", "0512-58000000", "请直接写下"];
    assert!(goes_on.iter().any(|step| answer.contains(step)), "{typed}: a dead end: {answer}");
    assert!(answer.len() <= 2048, "{typed}: {} bytes", answer.len());
}

on_both_databases_with_wechat! {
    async fn every_answer_is_short_and_leads_on(world: World) {
        let stranger = world.platform.add_user("陌生人");
        world.platform.follow(&stranger).await.unwrap();
        for typed in ASKED {
            check(typed, &hears(&world, &stranger, typed).await);
        }
        // Linked: with classes, a meeting, a place on a list.
        let app = &world.app;
        let school = school(app).await;
        let (first, second) = (class(app, &school, "智在指尖一班", 20).await, class(app, &school, "书法初级班", 1).await);
        meeting(app, &school, first, 1, TimeDelta::days(7)).await;
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        let me = world.sign_in(&user).await;
        app.run_jobs().await;
        let id = ResidentId(me["me"]["id"].as_i64().unwrap());
        for typed in ASKED {
            check(typed, &hears(&world, &user, typed).await);
        }
        placed(app, &school, first, id).await;
        let other = crate::support::fixtures::course_named(app, "书法").await;
        let waiting = entity::enrolment::ActiveModel {
            resident_id: Set(id),
            class_id: Set(second),
            course_id: Set(other),
            term_id: Set(school.term),
            status: Set(EnrolmentStatus::Waiting),
            queue_number: Set(Some(1)),
            created_at: Set(app.now()),
            updated_at: Set(app.now()),
            ..Default::default()
        };
        waiting.insert(app.app.db.writer()).await.unwrap();
        for typed in ASKED {
            check(typed, &hears(&world, &user, typed).await);
        }
        for (typed, said) in [
            ("几点上课", "“智在指尖一班” 每周二 9:00–10:30"),
            ("在哪上课", "社区教育中心 201教室"),
            ("下次课", "9月8日"),
            ("请假", "9月8日"),
            ("退课", "您报了“智在指尖一班”。"),
            ("后补", "“书法初级班”，您排在第 1 位。"),
            ("学时", "您今年有 0 学时"),
            ("我要报名书法班。", "“书法初级班” 每周二"),
            ("想学书发", "“书法初级班” 每周二"),
        ] {
            let answer = hears(&world, &user, typed).await;
            assert!(answer.contains(said), "{typed}: {answer}");
        }
        // Names as long as staff can make them.
        let long = |what: &str| what.chars().cycle().take(30).collect::<String>();
        for (table, column, what) in [
            ("class", "name", "智在指尖一班"),
            ("class", "room", "三楼东头教室"),
            ("site", "name", "社区教育中心"),
            ("meeting", "room", "三楼东头教室"),
        ] {
            let lengthen = format!("UPDATE {table} SET {column} = '{}'", long(what));
            app.app.db.writer().execute_unprepared(&lengthen).await.unwrap();
        }
        for typed in ASKED {
            check(typed, &hears(&world, &user, typed).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_never_answers_leaves_nobody_without_one() {
    let silent = crate::support::silent_server().await;
    let redis = [("redis.url", format!("redis://{silent}/"))];
    let world = World::start_with(Backend::Sqlite, &redis).await;
    let user = world.platform.add_user("王秀英");
    world.platform.follow(&user).await.unwrap();
    for typed in ["报名", "上课时间", "人工", "帮助", "1"] {
        let begun = std::time::Instant::now();
        check(typed, &hears(&world, &user, typed).await);
        assert!(begun.elapsed().as_secs() < 4, "{typed}: WeChat does not wait longer");
    }
}

async fn remembers_nothing(world: &World, user: &User) {
    // As when the shared cache was emptied.
    world.advance(TimeDelta::minutes(1));
    let key = format!("list:official:{}", user.official_openid);
    let cache = &world.app.app.cache;
    if let Some(value) = cache.get(&key).await.unwrap() {
        cache.remove_if(&key, &value).await.unwrap();
    }
}

on_both_databases_with_wechat! {
    async fn a_number_answers_the_list_before_it(world: World) {
        let app = &world.app;
        let school = school(app).await;
        class(app, &school, "智在指尖一班", 20).await;
        class(app, &school, "智在指尖二班", 1).await;
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        // Nothing was shown: help, and no guess.
        assert!(hears(&world, &user, "2").await.contains("没有听懂"));
        for (typed, said) in [("1", "去报名"), ("４", "连上账号"), ("第八个", "家人"), ("十", "看新闻"), ("十二", "没有听懂")] {
            let list = hears(&world, &user, "帮助").await;
            assert!(list.contains("1 报名　2 上课时间　3 签到"), "{list}");
            assert!(hears(&world, &user, typed).await.contains(said), "{typed}");
        }
        let list = hears(&world, &user, "我想学智在指尖").await;
        let (_, second) = list.split_once("2. “").unwrap();
        let second = second.split_once('”').unwrap().0;
        assert!(list.contains("1. “智在指尖") && second.starts_with("智在指尖"), "{list}");
        check("智在指尖", &list);
        for typed in ["2", "第二个", "２", "二"] {
            let answer = hears(&world, &user, typed).await;
            assert!(answer.contains(&format!("“{second}”")) && answer.contains("看这个班"), "{typed}: {answer}");
        }
        // One alone is told whole.
        assert!(hears(&world, &user, "智在指尖一班").await.contains("看这个班"));
        // Forgotten: help.
        remembers_nothing(&world, &user).await;
        assert!(hears(&world, &user, "2").await.contains("没有听懂"));
    }

    async fn a_number_said_to_staff_is_for_staff(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        hears(&world, &user, "帮助").await;
        world.advance(TimeDelta::seconds(5));
        hears(&world, &user, "人工").await;
        world.advance(TimeDelta::seconds(5));
        assert!(hears(&world, &user, "2").await.contains("记下了"));
        // A list that came after is meant again.
        world.advance(TimeDelta::seconds(5));
        hears(&world, &user, "帮助").await;
        assert!(hears(&world, &user, "1").await.contains("去报名"));
    }
}

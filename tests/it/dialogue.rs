//! Every answer of the account: short sentences, and never a dead end.

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::EnrolmentStatus;
use entity::{resident, term};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait};
use shangxue::sandbox::User;

use crate::on_both_databases_with_wechat;
use crate::support::Backend;
use crate::support::fixtures::{class, meeting, person, placed, school};
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
        // Names as long as staff can make them, and those that just fit or do not.
        for length in [15, 18, 20, 21, 22, 24, 30] {
            let long = |what: &str| what.chars().cycle().take(length).collect::<String>();
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

on_both_databases_with_wechat! {
    async fn a_phone_number_in_the_chat_asks_whoever_has_it(world: World) {
        let app = &world.app;
        let school = school(app).await;
        let resident = person(app, school.community, 1).await;
        let number = "13812345678";
        let (sealed, hash) = (app.app.vault.seal("phone", number).unwrap(), app.app.vault.fingerprint("phone", number));
        let row = resident::Entity::find_by_id(resident.id).one(app.app.db.read()).await.unwrap().unwrap();
        let row = resident::ActiveModel { phone_sealed: Set(Some(sealed)), phone_hash: Set(Some(hash)), ..row.into() };
        row.update(app.app.db.writer()).await.unwrap();

        let follower = world.platform.add_user("王秀英");
        world.platform.follow(&follower).await.unwrap();
        check("绑定", &hears(&world, &follower, "绑定").await);
        let known = hears(&world, &follower, "１３８ 1234-5678").await;
        check("手机号", &known);
        world.advance(TimeDelta::seconds(1));
        let unknown = hears(&world, &follower, "13900000000").await;
        assert_eq!(known, unknown, "the chat does not tell who has a number");
        // Again, or by somebody else: one question a day.
        let other = world.platform.add_user("别人");
        world.platform.follow(&other).await.unwrap();
        hears(&world, &other, number).await;

        let notices = async || {
            app.get("/api/me/notices").bearer(&resident.token).send().await.ok()["items"].as_array().unwrap().clone()
        };
        let asked = notices().await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        let page = asked[0]["page"].as_str().unwrap();
        let code = page.strip_prefix("/link?code=").unwrap();
        let body = serde_json::json!({ "code": code });
        app.post("/api/me/account-link", &body).bearer(&resident.token).send().await.ok();
        app.run_jobs().await;
        let hours = hears(&world, &follower, "学时").await;
        assert!(hours.contains("您今年有"), "{hours}");
        // Who is linked writes a number as any other words.
        world.advance(TimeDelta::seconds(1));
        assert!(!hears(&world, &follower, "13912345678").await.contains("登记过"));
    }

    async fn leaving_without_a_reason_ends_as_the_term_says(world: World) {
        let app = &world.app;
        let school = school(app).await;
        let class = class(app, &school, "智在指尖一班", 20).await;
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        let me = world.sign_in(&user).await;
        app.run_jobs().await;
        placed(app, &school, class, ResidentId(me["me"]["id"].as_i64().unwrap())).await;
        let row = term::Entity::find_by_id(school.term).one(app.app.db.read()).await.unwrap().unwrap();
        let first_day = row.first_day;
        term::ActiveModel { free_days: Set(7), ..row.into() }.update(app.app.db.writer()).await.unwrap();
        let day = shangxue::clock::spoken_day(first_day + chrono::Days::new(7));
        let answer = hears(&world, &user, "退课").await;
        let free = format!("{day}以前退，不用写原因。");
        let late = "现在退课，要写一下原因。";
        let today = app.app.clock.today();
        assert!(answer.contains(if today < first_day + chrono::Days::new(7) { &free } else { late }), "{answer}");
        world.advance(first_day + chrono::Days::new(7) - today);
        let answer = hears(&world, &user, "退课").await;
        assert!(answer.contains(late), "{answer}");
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

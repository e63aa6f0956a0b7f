//! The code on a resident's page that links who scans it with WeChat: as the page shows it,
//! the phone reads it and the platform reports it.

use chrono::TimeDelta;
use entity::audit;
use image::{GrayImage, Luma};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use shangxue::sandbox::{ChatLine, Order, User};

use crate::on_both_databases_with_wechat;
use crate::support::platform::World;
use crate::support::{Answer, Backend};

const CREATE: &str = "/cgi-bin/qrcode/create";
const JOINED: &str = "连上了！以后可以在这里问自己的课。";
const OUTDATED: &str = "这个码过时了，或者用过了。";

/// A signed-in resident: the token.
async fn resident(world: &World, user: &User) -> String {
    world.sign_in(user).await["token"].as_str().unwrap().to_owned()
}

async fn code(world: &World, token: &str) -> Answer {
    world.app.post("/api/me/follow-code", &json!(null)).bearer(token).send().await
}

/// What the picture on the page says, read as a phone does.
async fn link(world: &World, token: &str) -> String {
    read(code(world, token).await.ok()["svg"].as_str().unwrap())
}

/// Paints the dark squares of the picture, and reads the code.
fn read(svg: &str) -> String {
    let number = |text: &str| text.parse::<u32>().unwrap();
    let width = svg.split_once(r#" width=""#).unwrap().1.split_once('"').unwrap().0;
    let mut picture = GrayImage::from_pixel(number(width), number(width), Luma([255]));
    let squares = svg.split_once(r#" d=""#).unwrap().1.split_once('"').unwrap().0;
    for square in squares.split('M').filter(|square| !square.is_empty()) {
        let numbers: Vec<_> = square.split([' ', 'h', 'v', 'H', 'V']).map(number).collect();
        let (left, top, wide, high) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        for (x, y) in (left..left + wide).flat_map(|x| (top..top + high).map(move |y| (x, y))) {
            picture.put_pixel(x, y, Luma([0]));
        }
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw();
    let mut seen =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    seen.detect_grids()[0].decode().unwrap().1
}

async fn linked(world: &World, token: &str) -> Value {
    let shown = world.app.get("/api/me/account-link").bearer(token).send().await.ok();
    shown["linked"].clone()
}

async fn links_on_record(world: &World) -> u64 {
    let linked = audit::Entity::find().filter(audit::Column::Action.eq("resident.account_linked"));
    linked.count(world.app.app.db.read()).await.unwrap()
}

fn said(lines: &[ChatLine]) -> String {
    lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

on_both_databases_with_wechat! {
    async fn who_scans_the_code_on_their_page_follows_and_is_linked(world: World) {
        // The phone that follows is another one than that of the mini-program: nothing but
        // the code can link them.
        let (user, phone) = (world.platform.add_user("王秀英"), world.platform.add_user("王秀英的平板"));
        let token = resident(&world, &user).await;
        let link = link(&world, &token).await;
        assert_eq!(world.calls(CREATE), 1);
        assert_eq!(linked(&world, &token).await, false);
        let answer = said(&world.platform.scan(&phone, &link).await.unwrap());
        assert!(answer.contains(JOINED) && answer.contains("上课时间、学时、候补"), "{answer}");
        assert!(!answer.contains("欢迎关注"), "one thing at a time: {answer}");
        assert_eq!(linked(&world, &token).await, true);
        world.app.run_jobs().await;
        let answer = said(&world.platform.say(&phone, "上课时间").await.unwrap());
        assert!(answer.contains("您现在没有报上的班"), "their own: {answer}");
        assert_eq!(links_on_record(&world).await, 1);
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn a_follower_who_scans_it_is_linked_and_nobody_after_them(world: World) {
        let (user, phone) = (world.platform.add_user("王秀英"), world.platform.add_user("王秀英的平板"));
        world.platform.follow(&phone).await.unwrap();
        let token = resident(&world, &user).await;
        let code = link(&world, &token).await;
        let answer = said(&world.platform.scan(&phone, &code).await.unwrap());
        assert!(answer.contains(JOINED), "{answer}");
        assert_eq!(linked(&world, &token).await, true);
        // Again by the same phone, and by somebody else's: it is used up.
        let stranger = world.platform.add_user("别人");
        world.platform.follow(&stranger).await.unwrap();
        for again in [&phone, &stranger] {
            // A second scan is an event of its own second.
            world.advance(TimeDelta::seconds(1));
            let answer = said(&world.platform.scan(again, &code).await.unwrap());
            assert!(answer.contains(OUTDATED) && answer.contains("去个人信息"), "{answer}");
        }
        let answer = said(&world.platform.say(&stranger, "学时").await.unwrap());
        assert!(answer.contains("连上账号"), "the stranger is nobody: {answer}");
        // Who came by it to the account is welcomed, and told.
        let newcomer = world.platform.add_user("新来的人");
        let answer = said(&world.platform.scan(&newcomer, &code).await.unwrap());
        assert!(answer.contains("欢迎关注") && answer.contains("还没有连上"), "{answer}");
        // With a code of their own who is linked is told so, and a second account is refused.
        let answer = said(&world.platform.scan(&phone, &link(&world, &token).await).await.unwrap());
        assert!(answer.contains("早就连上了"), "{answer}");
        let answer = said(&world.platform.scan(&stranger, &link(&world, &token).await).await.unwrap());
        assert!(answer.contains("没有连上") && answer.contains("人工"), "{answer}");
        assert_eq!(links_on_record(&world).await, 1);
    }

    async fn a_code_is_good_for_ten_minutes(world: World) {
        let (user, phone) = (world.platform.add_user("王秀英"), world.platform.add_user("王秀英的平板"));
        world.platform.follow(&phone).await.unwrap();
        let token = resident(&world, &user).await;
        let shown = code(&world, &token).await.ok();
        assert_eq!(shown["expires_at"], json!("2026-09-01T01:10:00+00:00"));
        let code = read(shown["svg"].as_str().unwrap());
        // Scanned at the last moment, and reported when it is over.
        world.advance(TimeDelta::seconds(599));
        world.platform.hold_callbacks();
        world.platform.scan(&phone, &code).await.unwrap();
        world.advance(TimeDelta::seconds(1));
        let record = world.platform.release(Order::AsTheyCame, 1).await.remove(0);
        assert_eq!((record.what.as_str(), record.status), ("SCAN", Some(200)));
        assert!(record.reply.contains(OUTDATED), "{}", record.reply);
        assert_eq!(linked(&world, &token).await, false);
        assert!(world.platform.scan(&phone, &code).await.is_err(), "the platform opens it no more");
        // One that is made anew is good.
        let answer = said(&world.platform.scan(&phone, &link(&world, &token).await).await.unwrap());
        assert!(answer.contains(JOINED), "{answer}");
    }
}

async fn a_subscription_account_has_no_such_codes(backend: Backend) {
    let kind = ("wechat.official.kind", "subscription".to_owned());
    let world = World::start_with(backend, &[kind]).await;
    let token = resident(&world, &world.platform.add_user("王秀英")).await;
    let refused = code(&world, &token).await.refused(409, "not_available");
    assert!(refused.to_string().contains("绑定"), "what to do instead: {refused}");
    assert_eq!(world.calls(CREATE), 0, "it is known without asking");
}

#[tokio::test]
async fn a_subscription_account_has_no_such_codes_sqlite() {
    a_subscription_account_has_no_such_codes(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_subscription_account_has_no_such_codes_postgres() {
    if Backend::Postgres.available() {
        a_subscription_account_has_no_such_codes(Backend::Postgres).await;
    }
}

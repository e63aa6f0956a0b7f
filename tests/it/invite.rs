//! What leads into a class from a poster or a text message.

use chrono::{DateTime, TimeDelta, Utc};
use entity::community;
use entity::kinds::Role;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};
use shangxue::sandbox::{AccountStanding, Opened};

use crate::on_both_databases_with_wechat;
use crate::support::fixtures::{self, clerk, school};

on_both_databases_with_wechat! {
    async fn a_code_and_a_link_open_the_class_in_the_mini_program(world: World) {
        let app = &world.app;
        let school = school(app).await;
        let class = fixtures::class(app, &school, "一班", 20).await;
        let centre = clerk(app, "centre", Role::Centre, None).await;
        let path = |what: &str| format!("/api/staff/classes/{class}/{what}");
        let opened = Opened::Mini { to: format!("/classes/{class}") };

        let code = app.get(&path("mini-code")).by(&centre).send().await;
        assert_eq!((code.status.as_u16(), code.headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
        let sandbox = format!("{}/sandbox/api/scan", world.platform.base_url());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let scanned = http.post(sandbox).header("content-type", "image/jpeg").body(code.bytes.clone());
        let scanned: Value = scanned.send().await.unwrap().json().await.unwrap();
        assert_eq!(world.platform.resolve(scanned["link"].as_str().unwrap()), opened);

        let made = app.post(&path("mini-link"), &json!({})).by(&centre).send().await.ok();
        assert_eq!(world.platform.resolve(made["url"].as_str().unwrap()), opened);
        let until: DateTime<Utc> = made["until"].as_str().unwrap().parse().unwrap();
        assert_eq!(until, app.now() + TimeDelta::days(30));
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());

        // Somebody of another community, and a class that is none.
        let other = community::ActiveModel { name: Set("常红社区".to_owned()), ..Default::default() };
        let other = other.insert(app.app.db.writer()).await.unwrap().id;
        let officer = clerk(app, "officer", Role::Officer, Some(other)).await;
        app.get(&path("mini-code")).by(&officer).send().await.refused(403, "out_of_scope");
        app.get("/api/staff/classes/999/mini-code").by(&centre).send().await.refused(404, "class_not_found");

        // Not released yet: in words for staff.
        world.platform.set_standing(AccountStanding { unreleased: true, ..Default::default() });
        let refused = app.post(&path("mini-link"), &json!({})).by(&centre).send().await;
        let refused = refused.refused(503, "wechat_refused");
        assert!(refused["message"].as_str().unwrap().contains("先发布小程序"), "{refused}");
    }
}

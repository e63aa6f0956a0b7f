//! Staff: sign-in at the console, sessions, the logins, and what is recorded.

use chrono::TimeDelta;
use entity::ids::StaffId;
use entity::kinds::Role;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shangxue::staff::{self, NewLogin};

use crate::on_both_databases;
use crate::support::fixtures::{clerk, school};
use crate::support::{Answer, Backend, TestApp};

const PASSWORD: &str = "下雨天也要去上课呀2026";

/// A login with [`PASSWORD`].
async fn login(app: &TestApp, login: &str, role: Role) -> StaffId {
    let new = NewLogin {
        login: login.to_owned(),
        name: format!("{login}同志"),
        role,
        community: None,
        password: PASSWORD.to_owned(),
    };
    staff::add(&app.app, new, None).await.unwrap()
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> Answer {
    app.post("/api/staff/session", &json!({ "login": login, "password": password })).send().await
}

/// Session token and CSRF token of a successful sign-in.
fn tokens(answer: &Answer) -> (String, String) {
    let csrf = answer.ok()["csrf_token"].as_str().unwrap().to_owned();
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    let token = cookie.strip_prefix("sx_staff=").unwrap().split(';').next().unwrap();
    (token.to_owned(), csrf)
}

async fn session(app: &TestApp, token: &str) -> Answer {
    app.get("/api/staff/session").staff(token, "").send().await
}

async fn recorded(app: &TestApp, action: &str) -> u64 {
    staff::recorded(app.app.db.read(), action).await.unwrap()
}

on_both_databases! {
    async fn the_console_is_signed_in_to_with_a_strict_cookie_and_out_again(app: TestApp) {
        login(&app, "fang", Role::Centre).await;
        let answer = sign_in(&app, "fang", PASSWORD).await;
        let me = answer.ok();
        assert_eq!((&me["login"], &me["role"], &me["role_name"]), (&json!("fang"), &json!("centre"), &json!("教育中心")));
        let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "over plain HTTP the browser would drop it: {cookie}");
        let (token, csrf) = tokens(&answer);
        assert_eq!(session(&app, &token).await.ok(), me);

        let out = app.request(Method::DELETE, "/api/staff/session").staff(&token, &csrf).send().await;
        assert_eq!(out.status, 204);
        let gone = out.headers["set-cookie"].to_str().unwrap();
        assert!(gone.starts_with("sx_staff=;") && gone.contains("Path=/") && gone.contains("Max-Age=0"), "{gone}");
        session(&app, &token).await.refused(401, "unauthenticated");
        assert_eq!(recorded(&app, "staff.login").await, 1);
    }

    async fn who_may_not_sign_in_learns_nothing_of_why(app: TestApp) {
        login(&app, "fang", Role::Centre).await;
        let gone = login(&app, "gone", Role::Centre).await;
        let admin = login(&app, "admin", Role::Admin).await;
        staff::set_disabled(&app.app, gone, true, admin).await.unwrap();
        let mut said = Vec::new();
        for (login, password) in [
            ("fang", "a wrong password"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("f\0ng", PASSWORD),
        ] {
            let mut refused = sign_in(&app, login, password).await.refused(401, "wrong_password");
            refused["request_id"] = Value::Null;
            said.push(refused);
        }
        assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
        assert_eq!(recorded(&app, "staff.login_failed").await, 1);
        // A phone's keyboard begins with a capital.
        sign_in(&app, " Fang ", PASSWORD).await.ok();
        assert_eq!(staff::find(&app.app, "FANG").await.unwrap().login, "fang");
    }

    async fn wrong_passwords_in_a_row_lock_the_login_for_a_while(app: TestApp) {
        login(&app, "fang", Role::Centre).await;
        login(&app, "other", Role::Centre).await;
        for _ in 0..4 {
            sign_in(&app, "fang", "a wrong password").await.refused(401, "wrong_password");
        }
        sign_in(&app, "fang", PASSWORD).await.ok();
        for _ in 0..4 {
            sign_in(&app, "fang", "a wrong password").await.refused(401, "wrong_password");
        }
        let locked = sign_in(&app, "fang", "a wrong password").await.refused(429, "locked");
        assert!(locked["message"].as_str().unwrap().contains("15 分钟"), "{locked}");
        assert_eq!(recorded(&app, "staff.locked").await, 1);
        app.advance(TimeDelta::minutes(10));
        let locked = sign_in(&app, "fang", PASSWORD).await.refused(429, "locked");
        assert!(locked["message"].as_str().unwrap().contains("5 分钟"), "{locked}");
        sign_in(&app, "other", PASSWORD).await.ok();

        app.advance(TimeDelta::minutes(5));
        // The count starts anew.
        sign_in(&app, "fang", "a wrong password").await.refused(401, "wrong_password");
        sign_in(&app, "fang", PASSWORD).await.ok();
        // A login that does not exist behaves the same.
        for _ in 0..4 {
            sign_in(&app, "nobody", "a wrong password").await.refused(401, "wrong_password");
        }
        for _ in 0..2 {
            sign_in(&app, "nobody", "a wrong password").await.refused(429, "locked");
        }
    }

    async fn many_tries_at_once_are_no_more_than_the_limit(app: TestApp) {
        login(&app, "fang", Role::Centre).await;
        let tries = join_all((0..20).map(|_| sign_in(&app, "fang", "a wrong password"))).await;
        assert!(tries.iter().all(|answer| matches!(answer.status.as_u16(), 401 | 429)));
        let looked_at = recorded(&app, "staff.login_failed").await + recorded(&app, "staff.locked").await;
        assert_eq!(looked_at, 5);
        sign_in(&app, "fang", PASSWORD).await.refused(429, "locked");
    }

    async fn a_change_needs_the_token_of_its_own_session(app: TestApp) {
        let (one, two) = (clerk(&app, "one", Role::Admin, None).await, clerk(&app, "two", Role::Admin, None).await);
        let body = json!({ "login": "new", "name": "新人", "role": "centre", "password": PASSWORD });
        let add = |token: &str, csrf: &str| app.post("/api/staff/logins", &body).staff(token, csrf).send();
        for csrf in ["", "forged", two.csrf.as_str()] {
            add(&one.token, csrf).await.refused(403, "csrf");
        }
        app.post("/api/staff/logins", &body).header("x-csrf-token", &one.csrf).send().await.refused(401, "unauthenticated");
        app.get("/api/staff/logins").staff(&one.token, "").send().await.ok();
        assert_eq!(staff::list(&app.app).await.unwrap().len(), 2, "nothing was made");
        add(&one.token, &one.csrf).await.ok();
    }

    async fn a_session_ends_twelve_hours_after_the_last_click(app: TestApp) {
        login(&app, "fang", Role::Centre).await;
        let (token, _) = tokens(&sign_in(&app, "fang", PASSWORD).await);
        app.advance(TimeDelta::hours(11));
        session(&app, &token).await.ok();
        app.advance(TimeDelta::hours(11));
        session(&app, &token).await.ok();
        app.advance(TimeDelta::hours(12));
        session(&app, &token).await.refused(401, "unauthenticated");
    }

    async fn a_new_password_of_ones_own_ends_the_other_sessions(app: TestApp) {
        login(&app, "fang", Role::Centre).await;
        let (here, csrf) = tokens(&sign_in(&app, "fang", PASSWORD).await);
        let (there, _) = tokens(&sign_in(&app, "fang", PASSWORD).await);
        let change = |old: &str, new: &str| {
            let body = json!({ "old": old, "new": new });
            app.post("/api/staff/password", &body).staff(&here, &csrf).send()
        };
        change("a wrong password", "晴天也要去上课呀呀").await.refused(400, "wrong_password");
        for weak in ["short", "fangfangfang1234", "aaaaaaaaaaaa"] {
            change(PASSWORD, weak).await.refused(400, "weak_password");
        }
        change(PASSWORD, "晴天也要去上课，带上茶").await.ok();
        session(&app, &here).await.ok();
        session(&app, &there).await.refused(401, "unauthenticated");
        sign_in(&app, "fang", PASSWORD).await.refused(401, "wrong_password");
        sign_in(&app, "fang", "晴天也要去上课，带上茶").await.ok();
        // Nor can the old one be found by trying, where a console was left open.
        for _ in 0..4 {
            change("a wrong password", "x").await.refused(400, "wrong_password");
        }
        change("a wrong password", "x").await.refused(429, "locked");
    }

    async fn the_administrator_looks_after_the_logins(app: TestApp) {
        let community = school(&app).await.community;
        let admin = clerk(&app, "admin", Role::Admin, None).await;
        let centre = clerk(&app, "centre", Role::Centre, None).await;
        let add = |body: Value| app.post("/api/staff/logins", &body).by(&admin).send();
        let body = |login: &str, role: &str, community: Option<i64>, password: &str| {
            json!({ "login": login, "name": "小李", "role": role, "community_id": community, "password": password })
        };
        let made = add(body("Xiao.Li", "officer", Some(community.0), PASSWORD)).await.ok();
        assert_eq!((&made["login"], &made["role_name"], &made["community_id"]), (&json!("xiao.li"), &json!("社区专职"), &json!(community.0)));
        assert_eq!((&made["locked"], &made["disabled"]), (&json!(false), &json!(false)));
        add(body("xiao.li", "centre", None, PASSWORD)).await.refused(409, "login_taken");
        for (wrong, code) in [
            (body("李", "centre", None, PASSWORD), "bad_login"),
            (body("x", "centre", None, PASSWORD), "bad_login"),
            (body("li2", "officer", None, PASSWORD), "community_needed"),
            (body("li2", "officer", Some(999), PASSWORD), "no_community"),
            (body("li2", "king", None, PASSWORD), "invalid"),
            (body("li2", "centre", None, "short"), "weak_password"),
            (json!({ "login": "li2", "name": " ", "role": "centre", "password": PASSWORD }), "bad_name"),
        ] {
            add(wrong).await.refused(400, code);
        }
        app.get("/api/staff/logins").by(&centre).send().await.refused(403, "forbidden");
        let list = app.get("/api/staff/logins").by(&admin).send().await.ok();
        assert_eq!(list["total"], 3);
        assert!(!list.to_string().contains("argon2"), "{list}");
        assert_eq!(recorded(&app, "staff.added").await, 1);

        let (token, _) = tokens(&sign_in(&app, "xiao.li", PASSWORD).await);
        let me = session(&app, &token).await.ok();
        assert_eq!(me["community"], json!({ "id": community.0, "name": "常沙社区" }));
        let path = |what: &str| format!("/api/staff/logins/{}/{what}", made["id"]);
        let post = |path: String, body: Value| app.post(&path, &body).by(&admin).send();
        let new = json!({ "password": "换一个新的密码吧2026" });
        post(path("reset-password"), json!({ "password": "short" })).await.refused(400, "weak_password");
        session(&app, &token).await.ok();
        post(path("reset-password"), new.clone()).await.ok();
        session(&app, &token).await.refused(401, "unauthenticated");
        post("/api/staff/logins/999/reset-password".to_owned(), new).await.refused(404, "no_login");
    }

    async fn a_reset_unlocks_and_a_disabled_login_is_out_at_once(app: TestApp) {
        let admin = clerk(&app, "admin", Role::Admin, None).await;
        let fang = login(&app, "fang", Role::Teacher).await;
        let post = |what: &str, body: Value| app.post(&format!("/api/staff/logins/{fang}/{what}"), &body).by(&admin).send();
        for _ in 0..4 {
            sign_in(&app, "fang", "a wrong password").await;
        }
        sign_in(&app, "fang", "a wrong password").await.refused(429, "locked");
        let list = app.get("/api/staff/logins").by(&admin).send().await.ok();
        assert_eq!(list["items"][1]["locked"], true);
        post("reset-password", json!({ "password": PASSWORD })).await.ok();
        let (token, _) = tokens(&sign_in(&app, "fang", PASSWORD).await);

        assert_eq!(post("disable", json!({})).await.status, 204);
        session(&app, &token).await.refused(401, "unauthenticated");
        sign_in(&app, "fang", PASSWORD).await.refused(401, "wrong_password");
        post("disable", json!({})).await.ok();
        post("enable", json!({})).await.ok();
        session(&app, &token).await.refused(401, "unauthenticated");
        sign_in(&app, "fang", PASSWORD).await.ok();
        for (action, times) in [("staff.disabled", 1), ("staff.enabled", 1), ("staff.password", 1), ("staff.locked", 1)] {
            assert_eq!(recorded(&app, action).await, times, "{action}");
        }
    }

    async fn the_last_administrator_cannot_be_disabled(app: TestApp) {
        let one = login(&app, "one", Role::Admin).await;
        login(&app, "two", Role::Centre).await;
        let (token, csrf) = tokens(&sign_in(&app, "one", PASSWORD).await);
        let disable = |whom: StaffId| {
            app.post(&format!("/api/staff/logins/{whom}/disable"), &json!({})).staff(&token, &csrf).send()
        };
        disable(one).await.refused(409, "last_administrator");
        disable(StaffId(999)).await.refused(404, "no_login");
        session(&app, &token).await.ok();
    }

    async fn of_two_administrators_who_disable_each_other_at_once_one_stays(app: TestApp) {
        // By the verbs: over HTTP the slower one may just have lost the session.
        let (one, two) = (login(&app, "one", Role::Admin).await, login(&app, "two", Role::Admin).await);
        let app = &app.app;
        for round in 0..20 {
            let (first, second) = tokio::join!(
                staff::set_disabled(app, two, true, one),
                staff::set_disabled(app, one, true, two),
            );
            let refused: Vec<&str> = [first, second].iter().filter_map(|one| one.as_ref().err().map(|error| error.code)).collect();
            assert_eq!(refused, ["last_administrator"], "round {round}");
            let rows = staff::list(app).await.unwrap();
            let out: Vec<StaffId> = rows.iter().filter(|row| row.disabled_at.is_some()).map(|row| row.id).collect();
            assert_eq!(out.len(), 1);
            let stays = if out[0] == one { two } else { one };
            staff::set_disabled(app, out[0], false, stays).await.unwrap();
        }
    }
}

#[tokio::test]
async fn over_https_the_cookie_stays_there() {
    let settings = [("server.public_url", "https://edu.example.cn".to_owned())];
    let app = TestApp::start_with(Backend::Sqlite, &settings).await;
    login(&app, "fang", Role::Centre).await;
    let answer = sign_in(&app, "fang", PASSWORD).await;
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Secure"));
}

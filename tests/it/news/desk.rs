//! The desk: differences, times, quiet hours, what was pasted by hand, what is taken back,
//! alarms, the calendar, and how fast it is.

use std::time::{Duration, Instant};

use super::*;

fn at(room: &Room, by: TimeDelta) -> String {
    (room.app.now() + by).to_rfc3339()
}

impl Room {
    async fn act(&self, id: i64, action: &str, body: Value) -> Answer {
        self.post(&self.author, &format!("/api/staff/articles/{id}/{action}"), &body).await
    }

    async fn alarms(&self) -> Value {
        self.get(&self.author, "/api/staff/news-alarms").await.ok()
    }

    async fn calendar(&self, month: &str) -> Value {
        self.get(&self.author, &format!("/api/staff/news-calendar?month={month}")).await.ok()
    }
}

in_the_news_room! {
    async fn two_versions_are_shown_with_what_is_different(room: Room) {
        let id = room.draft().await;
        let shown = room.article(id).await;
        let path = format!("/api/staff/articles/{id}");
        let body = shown["body"].as_str().unwrap().replace("起针", "收针");
        room.put(&room.author, &path, &changed(&shown, &body)).await.ok();
        let changes = room.get(&room.head, &format!("{path}/changes?from=1&to=2")).await.ok();
        assert_eq!((&changes["total"], &changes["items"][0]["part"]), (&json!(1), &json!("正文")));
        let runs = changes["items"][0]["runs"].as_array().unwrap();
        let of = |kind: &str| runs.iter().filter(|run| run["kind"] == kind).map(|run| run["text"].as_str().unwrap()).collect::<String>();
        assert_eq!((of("gone").as_str(), of("new").as_str()), ("起", "收"), "{changes}");
        assert_eq!(room.get(&room.head, &format!("{path}/changes?from=2&to=2")).await.ok()["total"], 0);
        room.get(&room.head, &format!("{path}/changes?from=1&to=9")).await.refused(404, "no_version");
    }

    async fn an_article_goes_out_at_its_time_and_can_be_called_off_before(room: Room) {
        let id = room.approved().await;
        room.act(id, "plan", json!({"way": "publish", "at": at(&room, TimeDelta::minutes(-1))})).await.refused(400, "bad_time");
        room.act(id, "plan", json!({"way": "publish", "at": at(&room, TimeDelta::days(61))})).await.refused(400, "bad_time");
        let tomorrow = at(&room, TimeDelta::days(1));
        let planned = room.act(id, "plan", json!({"way": "publish", "at": tomorrow})).await.ok();
        assert_eq!((&planned["status_text"], &planned["may"]), (&json!("已定时"), &json!(["call_off", "urge"])));
        assert!(planned["publication"]["state_text"].as_str().unwrap().contains("9月2日"), "{planned}");
        room.publish(id).await.refused(409, "publishing");
        // Somebody repeats its job by hand: it is not due.
        let publication = room.publications(id).await[0].id;
        news::publish_job(&room.app.app, publication).await.unwrap();
        room.app.advance(TimeDelta::hours(23));
        room.app.run_jobs().await;
        assert_eq!(room.platform.requests().len(), 0);
        assert_eq!(room.calendar("2026-09").await["items"][0]["planned"], true);

        let off = room.act(id, "call-off", json!({})).await.ok();
        assert_eq!(off["status"], "approved");
        room.act(id, "call-off", json!({})).await.refused(409, "not_planned");
        room.app.advance(TimeDelta::hours(2));
        room.app.run_jobs().await;
        assert_eq!((room.platform.requests().len(), room.dead_jobs().await), (0, 0), "what was called off does not go");
        assert_eq!(room.calendar("2026-09").await["total"], 0);

        room.act(id, "plan", json!({"way": "publish", "at": at(&room, TimeDelta::hours(1))})).await.ok();
        room.app.advance(TimeDelta::hours(1));
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!(room.platform.articles().len(), 1);
    }

    async fn a_text_that_is_altered_before_its_time_does_not_go_out(room: Room) {
        let id = room.approved().await;
        room.act(id, "plan", json!({"way": "publish", "at": at(&room, TimeDelta::hours(1))})).await.ok();
        let shown = room.article(id).await;
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &changed(&shown, "偷改")).await.refused(409, "not_editable");
        set_article(&room, id, |row| row.body = Set("偷换的正文".to_owned())).await;
        room.app.advance(TimeDelta::hours(1));
        room.app.run_jobs().await;
        assert_eq!(room.row(id).await.status, ArticleStatus::Failed);
        assert_eq!(room.platform.requests().len(), 0);
    }

    async fn nobodys_phone_rings_in_the_quiet_hours_but_for_an_urgent_article(room: Room) {
        let id = room.approved().await;
        room.app.advance(TimeDelta::hours(12)); // 21:00
        room.act(id, "mass-send", json!({})).await.refused(409, "quiet_hours");
        room.act(id, "plan", json!({"way": "mass_send", "at": at(&room, TimeDelta::hours(10))})).await.refused(409, "quiet_hours");
        room.act(id, "plan", json!({"way": "mass_send", "at": at(&room, TimeDelta::hours(11))})).await.ok();
        room.act(id, "call-off", json!({})).await.ok();
        // Publishing tells nobody.
        room.act(id, "plan", json!({"way": "publish", "at": at(&room, TimeDelta::hours(1))})).await.ok();
        room.act(id, "call-off", json!({})).await.ok();
        room.act(id, "urgent", json!({"reason": "台风今晚到"})).await.ok();
        room.act(id, "mass-send", json!({})).await.ok();
    }

    async fn what_could_not_be_sent_before_the_quiet_hours_waits_for_the_morning(room: Room) {
        let id = room.approved().await;
        room.app.advance(TimeDelta::minutes(11 * 60 + 59)); // 20:59
        room.act(id, "mass-send", json!({})).await.ok();
        room.app.advance(TimeDelta::minutes(1));
        room.app.run_jobs().await;
        room.app.advance(TimeDelta::hours(5));
        room.app.run_jobs().await;
        assert_eq!((room.platform.requests().len(), room.dead_jobs().await), (0, 0));
        assert_eq!(room.article(id).await["status_text"], "已定时");
        room.app.advance(TimeDelta::hours(6));
        assert_eq!(room.drive(id).await["status"], "published");
    }

    async fn what_was_pasted_by_hand_is_taken_out_with_its_pictures_and_registered(room: Room) {
        let id = room.approved().await;
        let file = room.act(id, "export", json!({})).await;
        assert_eq!(file.headers["content-type"], "text/html; charset=utf-8");
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let html = file.text();
        for word in ["<strong>起针</strong>", "data:image/png;base64,", "来源：常阴沙社区教育中心", "lingdao同志（导向）", "封面图"] {
            assert!(html.contains(word), "{word} in {html}");
        }
        assert!(!html.contains("/picture-"), "{html}");
        for link in ["https://evil.example/s", "javascript:alert(1)", "https://mp.weixin.qq.com/s/\"onclick=1", ""] {
            room.act(id, "by-hand", json!({"link": link})).await.refused(400, "article_link");
        }
        let done = room.act(id, "by-hand", json!({"link": " https://mp.weixin.qq.com/s/abc "})).await.ok();
        assert_eq!((&done["status"], &done["publication"]["way"]), (&json!("published"), &json!("by_hand")));
        assert_eq!(room.app.get("/api/news").send().await.ok()["items"][0]["url"], "https://mp.weixin.qq.com/s/abc");
        room.act(id, "by-hand", json!({"link": "https://mp.weixin.qq.com/s/abc"})).await.refused(409, "published");
        room.act(id, "withdraw", json!({"reason": "时间写错了"})).await.ok();
        room.app.run_jobs().await;
        let gone = room.article(id).await;
        assert!(gone["failure"].as_str().unwrap().contains("后台删除"), "{gone}");
        assert_eq!(room.platform.requests().len(), 0);
    }

    async fn what_is_taken_back_is_gone_at_once_with_a_reason_and_a_trace(room: Room) {
        let id = room.approved().await;
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
        room.act(id, "withdraw", json!({"reason": " "})).await.refused(400, "reason_needed");
        room.platform.fail_next("/cgi-bin/freepublish/delete", Fault::Lost, 1);
        room.act(id, "withdraw", json!({"reason": "时间写错了"})).await.ok();
        // Before the platform has heard of it.
        assert_eq!(room.app.get("/api/news").send().await.ok()["total"], 0);
        room.app.get(&format!("/api/news/{id}")).send().await.refused(404, "no_article");
        room.act(id, "withdraw", json!({"reason": "再撤一次"})).await.refused(409, "not_published");
        room.publish(id).await.refused(409, "publishing");
        for _minute in 0..5 {
            room.app.run_jobs().await;
            room.app.advance(TimeDelta::minutes(1));
        }
        let gone = room.article(id).await;
        assert_eq!((&gone["status"], &gone["status_text"]), (&json!("failed"), &json!("已撤下")));
        assert!(gone["failure"].as_str().unwrap().contains("时间写错了"), "{gone}");
        assert_eq!(room.dead_jobs().await, 0);
        let there = room.app.app.wechat.official().list_published(0, 20).await.unwrap();
        let alive = there.items.iter().flat_map(|one| &one.articles).filter(|one| !one.is_deleted).count();
        assert_eq!(alive, 0);
        let trace = room.get(&room.head, &format!("/api/staff/articles/{id}/trace")).await.ok();
        let line = &trace["items"][0];
        assert_eq!((&line["action"], &line["by"]), (&json!("news.withdraw"), &json!("xiaochang同志")));
        assert!(line["detail"].as_str().unwrap().contains("时间写错了"));
        assert_eq!(room.calendar("2026-09").await["items"][0]["withdrawn"], true);
    }

    async fn a_silent_account_is_told_in_time(room: Room) {
        assert_eq!(room.alarms().await["level"], "none", "nothing was ever published");
        let id = room.approved().await;
        room.publish(id).await.ok();
        room.drive(id).await;
        assert_eq!(room.calendar("2026-09").await["items"][0]["day"], "2026-09-01");
        room.get(&room.author, "/api/staff/news-calendar?month=2026").await.refused(400, "bad_month");
        for (days, level) in [(0, "none"), (9, "none"), (10, "soon"), (11, "soon"), (12, "now"), (15, "now")] {
            room.app.advance(TimeDelta::days(days - (room.app.now() - the_time()).num_days()));
            // Nobody is signed in for so long.
            let who = clerk(&room.app, &format!("day-{days}"), Role::Leader, None).await;
            let alarms = room.get(&who, "/api/staff/news-alarms").await.ok();
            assert_eq!((&alarms["level"], &alarms["silent_days"]), (&json!(level), &json!(days)), "{alarms}");
            assert_eq!(alarms["silence_text"].as_str().unwrap().contains("不合格"), level != "none", "{alarms}");
        }
    }

    async fn an_urgent_article_that_waits_is_told_and_has_the_same_gate(room: Room) {
        let id = room.draft().await;
        room.act(id, "urgent", json!({"reason": "台风今晚到"})).await.ok();
        assert_eq!(room.alarms().await["urgent"], json!([]), "nobody else is waited for");
        room.submit(id).await.ok();
        room.app.advance(TimeDelta::minutes(75));
        let waiting = room.alarms().await["urgent"][0].clone();
        assert_eq!((&waiting["next_stage"], &waiting["waiting_minutes"]), (&json!("language"), &json!(75)));
        assert_eq!(waiting["waiting_text"], "等文字审核，已经等了 1 小时 15 分钟。");
        room.publish(id).await.refused(409, "not_approved");
        room.pass_all(id).await;
        assert_eq!(room.alarms().await["urgent"][0].get("next_stage"), None);
        let calm = room.act(id, "urgent", json!({"reason": null})).await.ok();
        assert_eq!((calm.get("urgent_for"), &room.alarms().await["urgent"]), (None, &json!([])));
    }

    /// The platform takes less than 20,000 characters of HTML, pictures' addresses included: so
    /// long an article is kept and shown, and the longest that it takes is published.
    async fn a_long_article_with_thirty_pictures_is_quick_and_costs_few_calls(room: Room) {
        let mut pictures = Vec::new();
        for shade in 0..30 {
            pictures.push(room.picture(shade * 7).await);
        }
        let body = |letters: usize| -> String {
            pictures.iter().map(|id| format!("{}\n\n![合影](picture:{id})\n\n", "春".repeat(letters / 30))).collect()
        };
        let mut vast = text(pictures[0], pictures[0]);
        vast["body"] = body(20_000).into();
        let id = room.post(&room.author, "/api/staff/articles", &vast).await.ok()["id"].as_i64().unwrap();
        let shown = room.article(id).await;
        let (mut opens, mut saves) = (Vec::new(), Vec::new());
        let mut edit = changed(&shown, &body(20_000));
        for round in 0..5 {
            let begun = Instant::now();
            room.article(id).await;
            opens.push(begun.elapsed());
            edit["title"] = format!("第{round}稿").into();
            let begun = Instant::now();
            let saved = room.put(&room.author, &format!("/api/staff/articles/{id}"), &edit).await.ok();
            saves.push(begun.elapsed());
            edit["version"] = saved["version"].clone();
        }
        // The limits are those of a release build; without optimisation, and with other tests at
        // the same time, only something grossly slow is to be seen.
        let slack = if cfg!(debug_assertions) { 5 } else { 1 };
        let best = |times: &[Duration]| *times.iter().min().unwrap();
        assert!(best(&opens) < Duration::from_millis(300) * slack, "opens in {opens:?}");
        assert!(best(&saves) < Duration::from_millis(100) * slack, "saves in {saves:?}");

        // It is too long for the platform as one, and says so; as two it goes in one issue.
        let said = room.submit(id).await.refused(400, "incomplete")["message"].clone();
        assert!(said.as_str().unwrap().contains("分成两篇"), "{said}");
        let split = room.act(id, "split", json!({"version": edit["version"]})).await.ok();
        let second = split["article_id"].as_i64().unwrap();
        room.platform.set_service_url(&room.app.url);
        for part in [id, second] {
            room.submit(part).await.ok();
            room.pass_all(part).await;
        }
        let before = room.platform.requests().len();
        let both = json!({"articles": [id, second], "way": "publish"});
        room.post(&room.author, "/api/staff/issues", &both).await.ok();
        room.drive(id).await;
        let titles: Vec<String> = room.platform.articles().into_iter().map(|one| one.article.title).collect();
        assert_eq!(titles, ["第4稿（上）", "第4稿（下）"]);
        let calls = room.platform.requests()[before..].iter().filter(|one| !one.path.contains("token")).count();
        // A second cover is a picture more.
        assert!(calls <= 30 + 1 + 4, "{calls}");

        let pictures: Vec<i64> = futures_util::future::join_all((0..30).map(|shade| room.picture(shade * 7 + 3))).await;
        let body = |letters: usize| -> String {
            pictures.iter().map(|id| format!("{}\n\n![合影](picture:{id})\n\n", "春".repeat(letters / 30))).collect()
        };
        let mut long = text(pictures[0], pictures[0]);
        long["body"] = body(12_000).into();
        let id = room.post(&room.author, "/api/staff/articles", &long).await.ok()["id"].as_i64().unwrap();
        room.submit(id).await.ok();
        room.pass_all(id).await;
        let before = room.platform.requests().len();
        room.publish(id).await.ok();
        room.app.run_jobs().await;
        room.platform.settle().await;
        assert_eq!(room.article(id).await["status"], "published");
        let calls: Vec<String> = room.platform.requests()[before..].iter().map(|one| one.path.clone()).filter(|path| !path.contains("token")).collect();
        assert!(calls.len() <= 30 + 4, "{calls:?}");
    }
}

in_the_news_room! {
    async fn what_was_published_is_read_without_wechat_and_by_machines(room: Room) {
        let empty = room.app.get("/news").send().await;
        assert!(empty.text().contains("还没有文章"), "{}", empty.text());
        let mut text = text(room.picture(10).await, room.picture(200).await);
        text["title"] = "<b>钩针</b>与“乐器”&".into();
        let id = room.post(&room.author, "/api/staff/articles", &text).await.ok()["id"].as_i64().unwrap();
        let page = format!("/news/{id}");
        assert_eq!(room.app.get(&page).send().await.status, 404);
        room.submit(id).await.ok();
        room.pass_all(id).await;
        room.publish(id).await.ok();
        room.drive(id).await;

        for path in ["/news", "/news/"] {
            let list = room.app.get(path).send().await;
            assert_eq!(list.headers["content-type"], "text/html; charset=utf-8", "{path}");
            for word in ["&lt;b&gt;钩针&lt;/b&gt;", &format!("href=\"{page}\""), "<time datetime=\"2026-09-01\">2026年9月1日</time>", "feed.atom"] {
                assert!(list.text().contains(word), "{path} {word} in {}", list.text());
            }
            assert!(!list.text().contains("<script"));
        }
        let shown = room.app.get(&page).send().await.text();
        for word in ["<strong>起针</strong>", "来源：常阴沙社区教育中心", "/api/pictures/", "style.css"] {
            assert!(shown.contains(word), "{word} in {shown}");
        }
        let style = room.app.get("/news/style.css").send().await;
        assert!(style.text().contains("24px"), "large type");

        let feed = room.app.get("/news/feed.atom").send().await;
        assert_eq!(feed.headers["content-type"], "application/atom+xml; charset=utf-8");
        let feed = feed.text();
        let mut reader = quick_xml::Reader::from_str(&feed);
        let (mut depth, mut names) = (0, Vec::<String>::new());
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(tag) => {
                    depth += 1;
                    names.push(tag.name().as_ref().to_owned());
                }
                quick_xml::events::Event::End(_) => depth -= 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((depth, names.iter().filter(|name| *name == "entry").count()), (0, 1), "{feed}");
        for word in ["<published>2026-09-01T09:", &format!("{}{page}", room.app.url), "&lt;b&gt;钩针"] {
            assert!(feed.contains(word), "{word} in {feed}");
        }
        // An old link leads to a page that a person can read, and on from there.
        for path in ["/news/x", "/news/999999", "/news/1/2", "/news/99999999999999999999"] {
            let lost = room.app.get(path).send().await;
            assert_eq!((lost.status.as_u16(), &lost.headers["content-type"]), (404, &"text/html; charset=utf-8".parse().unwrap()), "{path}");
            assert!(lost.text().contains("没有这一页") && lost.text().contains("看别的新闻"), "{path}: {}", lost.text());
        }
        assert!(room.app.get("/news?page=x").send().await.status.is_success());
    }
}

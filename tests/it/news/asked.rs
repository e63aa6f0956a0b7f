//! What the platform thinks of articles: asked as an editor who linked their own account, told
//! beside the machine check, and never passed in silence.

use shangxue::sandbox::Verdict as Judged;

use super::*;

const TEXT: &str = "/wxa/msg_sec_check";
const MEDIA: &str = "/wxa/media_check_async";

impl Room {
    async fn platform_check(&self, id: i64) -> Value {
        self.get(&self.author, &format!("/api/staff/articles/{id}/platform-check")).await.ok()
    }

    async fn states(&self, id: i64) -> Vec<String> {
        let check = self.platform_check(id).await;
        let parts = check["parts"].as_array().unwrap();
        parts.iter().map(|part| part["state"].as_str().unwrap().to_owned()).collect()
    }

    /// Somebody with the mini-program: their token.
    async fn phone(&self, name: &str) -> (User, String) {
        let user = self.platform.add_user(name);
        let code = json!({"code": self.platform.login_code(&user)});
        let session = self.app.post("/api/session", &code).send().await.ok();
        (user, session["token"].as_str().unwrap().to_owned())
    }

    /// The author links the account of this phone.
    async fn linked(&self) -> (User, String) {
        self.platform.set_service_url(&self.app.url);
        let (user, token) = self.phone("小常").await;
        let code = self.post(&self.author, "/api/staff/wechat-link/code", &json!({})).await.ok();
        let body = json!({"code": code["code"]});
        let named = self.app.post("/api/me/staff-link", &body).bearer(&token).send().await.ok();
        assert_eq!(named["name"], "xiaochang同志");
        (user, token)
    }

    async fn ask(&self, id: i64) -> Answer {
        self.post(&self.author, &format!("/api/staff/articles/{id}/platform-check"), &json!({}))
            .await
    }

    /// Answers the nth part.
    async fn answer(&self, id: i64, nth: usize, text: &str) -> Answer {
        let check = self.platform_check(id).await["parts"][nth]["id"].as_i64().unwrap();
        let path = format!("/api/staff/articles/{id}/platform-check/{check}");
        self.post(&self.author, &path, &json!({"text": text})).await
    }
}

in_the_news_room! {
    async fn without_a_linked_account_the_check_says_that_it_is_not_done(room: Room) {
        let id = room.draft().await;
        assert_eq!(room.states(id).await, ["not_asked", "not_asked", "not_asked"]);
        room.submit(id).await.ok();
        room.app.run_jobs().await;
        let check = room.platform_check(id).await;
        assert_eq!((&check["linked"], &check["able"]), (&json!(false), &json!(true)));
        for part in check["parts"].as_array().unwrap() {
            assert_eq!(part["state"], "not_done");
            assert!(part["state_text"].as_str().unwrap().contains("没有检查"), "{part}");
        }
        assert_eq!((room.calls(TEXT), room.calls(MEDIA)), (0, 0));
        // It is no reason not to publish: who cannot be asked is no judge.
        room.pass_all(id).await;
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
    }

    async fn a_code_is_typed_once_on_ones_own_phone(room: Room) {
        let (_, token) = room.linked().await;
        let mine = room.get(&room.author, "/api/staff/wechat-link").await.ok();
        assert_eq!(mine["linked"], true);
        assert_eq!(room.get(&room.editor, "/api/staff/wechat-link").await.ok()["linked"], false);
        let link = async |code: &str| room.app.post("/api/me/staff-link", &json!({"code": code})).bearer(&token).send().await;
        let code = room.post(&room.editor, "/api/staff/wechat-link/code", &json!({})).await.ok();
        let code = code["code"].as_str().unwrap().to_owned();
        link(&code).await.ok();
        link(&code).await.refused(400, "code_wrong");
        let late = room.post(&room.editor, "/api/staff/wechat-link/code", &json!({})).await.ok();
        room.app.advance(TimeDelta::minutes(11));
        link(late["code"].as_str().unwrap()).await.refused(400, "code_wrong");
        let mut refused = 0;
        while link("00000000").await.status != 429 {
            refused += 1;
            assert!(refused < 20, "who guesses is stopped");
        }
        let undone = room.app.request(Method::DELETE, "/api/staff/wechat-link").staff(&room.author.token, &room.author.csrf).send().await;
        assert_eq!(undone.status.as_u16(), 204);
        assert_eq!(room.get(&room.author, "/api/staff/wechat-link").await.ok()["linked"], false);
        let teacher = clerk(&room.app, "laoshi", Role::Teacher, None).await;
        room.post(&teacher, "/api/staff/wechat-link/code", &json!({})).await.refused(403, "forbidden");
    }

    async fn what_the_platform_passes_is_published_and_asked_about_once(room: Room) {
        room.linked().await;
        let id = room.draft().await;
        room.submit(id).await.ok();
        assert_eq!(room.states(id).await, ["waiting", "waiting", "waiting"]);
        room.pass_all(id).await;
        room.publish(id).await.refused(409, "platform_checking");
        room.app.run_jobs().await;
        room.platform.settle().await;
        assert_eq!(room.states(id).await, ["passed", "passed", "passed"]);
        assert_eq!((room.calls(TEXT), room.calls(MEDIA)), (1, 2));
        // The same pictures in another article need no second look; another text does.
        let shown = room.article(id).await;
        let change = changed(&shown, shown["body"].as_str().unwrap().replace("起针", "收针").as_str());
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &change).await.ok();
        assert_eq!(room.states(id).await, ["not_asked", "passed", "passed"]);
        room.submit(id).await.ok();
        room.app.run_jobs().await;
        assert_eq!((room.calls(TEXT), room.calls(MEDIA)), (2, 2));
        room.pass_all(id).await;
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!(room.dead_jobs().await, 0);
    }

    async fn the_platform_fetches_a_picture_only_while_it_is_asked(room: Room) {
        room.linked().await;
        let id = room.draft().await;
        room.platform.hold_callbacks();
        room.submit(id).await.ok();
        room.app.run_jobs().await;
        let asked: Vec<Value> = room.platform.requests().iter().filter(|one| one.path == MEDIA).map(|one| one.body.clone()).collect();
        let url = asked[0]["media_url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(&room.app.url).unwrap().to_owned();
        let got = room.app.get(&path).send().await;
        assert_eq!((got.status.as_u16(), &got.headers["content-type"]), (200, &"image/png".parse().unwrap()));
        let guessed = format!("{path}x");
        room.app.get(&guessed).send().await.refused(404, "no_picture");
        room.platform.settle().await;
        room.platform.release(shangxue::sandbox::Order::AsTheyCame, 1).await;
        room.app.get(&path).send().await.refused(404, "no_picture");
    }

    async fn what_is_risky_is_changed_and_what_is_open_is_answered(room: Room) {
        room.linked().await;
        room.platform.set_verdict(Judged::Review);
        let id = room.draft().await;
        room.submit(id).await.ok();
        room.app.run_jobs().await;
        room.platform.settle().await;
        assert_eq!(room.states(id).await, ["passed", "to_answer", "to_answer"]);
        let refused = room.review(&room.editor, id, "language", "pass").await.refused(409, "platform_unanswered");
        assert!(refused["message"].as_str().unwrap().contains("封面图、第 1 张图"), "{refused}");
        room.answer(id, 0, "看过").await.refused(409, "nothing_to_answer");
        room.answer(id, 1, " ").await.refused(400, "reason_needed");
        for nth in [1, 2] {
            room.answer(id, nth, "看过，是课堂活动").await.ok();
            room.answer(id, nth, "再看").await.refused(409, "nothing_to_answer");
        }
        let part = room.platform_check(id).await["parts"][1].clone();
        assert_eq!((&part["state"], &part["answered_by"]), (&json!("answered"), &json!("xiaochang同志")));
        room.pass_all(id).await;
        // Every refusal and answer is in the trace.
        let trace = room.get(&room.head, &format!("/api/staff/articles/{id}/trace")).await.ok().to_string();
        assert!(trace.contains("platform_unanswered") && trace.contains("回答微信的检查"), "{trace}");

        // What it finds risky is changed: no answer helps.
        room.platform.set_verdict(Judged::Risky);
        let text = text(room.picture(33).await, room.picture(44).await);
        let made = room.post(&room.author, "/api/staff/articles", &text).await.ok();
        let bad = made["id"].as_i64().unwrap();
        room.submit(bad).await.ok();
        room.app.run_jobs().await;
        room.platform.settle().await;
        assert_eq!(room.states(bad).await, ["passed", "risky", "risky"]);
        room.answer(bad, 1, "没有问题").await.refused(409, "nothing_to_answer");
        room.review(&room.editor, bad, "language", "pass").await.refused(409, "platform_risky");
        room.review(&room.editor, bad, "language", "return").await.ok();
        room.submit(bad).await.refused(409, "platform_risky");
        // What came to light after the passes stops the job.
        let safe = room.approved_unasked(bad).await;
        assert_eq!(room.row(safe).await.status, ArticleStatus::Failed);
        assert_eq!(room.platform.articles().len(), 0);
        let tray = clerk(&room.app, "centre", Role::Centre, None).await;
        assert_eq!(room.get(&tray, "/api/staff/checks").await.ok()["total"], 0, "the desk sees to its own");
    }

    async fn who_was_not_in_the_mini_program_is_told_and_can_ask_again(room: Room) {
        let (user, _) = room.linked().await;
        room.platform.advance(TimeDelta::hours(3));
        room.app.advance(TimeDelta::hours(3));
        let id = room.draft().await;
        room.submit(id).await.ok();
        room.app.run_jobs().await;
        let check = room.platform_check(id).await;
        assert_eq!(check["parts"][0]["state"], "not_done");
        assert!(check["parts"][0]["state_text"].as_str().unwrap().contains("打开一次小程序"), "{check}");
        let code = json!({"code": room.platform.login_code(&user)});
        room.app.post("/api/session", &code).send().await.ok();
        room.ask(id).await.ok();
        room.app.run_jobs().await;
        room.platform.settle().await;
        assert_eq!(room.states(id).await, ["passed", "passed", "passed"]);
    }

    async fn who_closes_their_account_is_nobody_to_be_asked_as(room: Room) {
        let (_, token) = room.linked().await;
        let gone = room.app.request(Method::DELETE, "/api/me").bearer(&token).send().await;
        assert_eq!(gone.status.as_u16(), 204);
        room.app.run_jobs().await;
        assert_eq!(room.get(&room.author, "/api/staff/wechat-link").await.ok()["linked"], false);
        let left = entity::staff_wechat::Entity::find().count(room.app.app.db.read()).await.unwrap();
        assert_eq!(left, 0);
    }
}

impl Room {
    /// An article with this one's pictures whose passes somebody forged: its job runs.
    async fn approved_unasked(&self, bad: i64) -> i64 {
        let row = self.row(bad).await;
        for (stage, who) in [
            (ReviewStage::Language, &self.editor),
            (ReviewStage::Facts, &self.head),
            (ReviewStage::Direction, &self.leader),
        ] {
            let review = article_review::ActiveModel {
                article_id: Set(ArticleId(bad)),
                version: Set(row.version),
                content_hash: Set(row.content_hash.clone()),
                stage: Set(stage),
                verdict: Set(Verdict::Pass),
                reviewer_id: Set(who.id),
                proofread: Set(true),
                at: Set(self.app.now()),
                ..Default::default()
            };
            review.insert(self.app.app.db.writer()).await.unwrap();
        }
        set_article(self, bad, |row| row.status = Set(ArticleStatus::Publishing)).await;
        forge(self, bad, &row.content_hash).await;
        self.app.run_jobs().await;
        bad
    }
}

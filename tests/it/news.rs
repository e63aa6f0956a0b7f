//! The news room: writing, three reviews, pictures, and the way to the account.

use chrono::TimeDelta;
use entity::ids::{ArticleId, PublicationId, StaffId};
use entity::kinds::{ArticleStatus, JobState, PublicationState, ReviewStage, Role, Verdict};
use entity::{article, article_review, audit, job, publication};
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use shangxue::news;
use shangxue::outbox::{self, Job};
use shangxue::sandbox::{Fault, Outcome, Sandbox, SandboxConfig, User};
use shangxue::wechat::message::{PublishResult, PublishStatus};

use crate::storm::storm;
use crate::support::fixtures::{Clerk, clerk};
use crate::support::{Answer, Backend, Request, TestApp, the_time};

/// The service with a platform, and one person of each kind.
struct Room {
    app: TestApp,
    platform: Sandbox,
    author: Clerk,
    editor: Clerk,
    head: Clerk,
    leader: Clerk,
}

/// Writes each test once and runs it on both databases, each with a platform of its own.
macro_rules! in_the_news_room {
    ($($(#[$meta:meta])* async fn $name:ident($room:ident: Room) $body:block)*) => {$(
        mod $name {
            use super::*;
            async fn scenario($room: Room) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                scenario(Room::open(Backend::Sqlite).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if Backend::Postgres.available() {
                    scenario(Room::open(Backend::Postgres).await).await;
                }
            }
        }
    )*};
}

mod asked;
mod belongs;
mod desk;
mod gate;
mod issues;
mod ledger;
mod mass;

impl Room {
    async fn open(backend: Backend) -> Self {
        Self::open_with(backend, &[]).await
    }

    async fn open_with(backend: Backend, more: &[(&'static str, String)]) -> Self {
        let clock = shangxue::clock::Clock::fixed(the_time());
        let platform = shangxue::sandbox::start(SandboxConfig::new(clock)).await.unwrap();
        let mut settings = platform.service_settings();
        settings.push(("wechat.timeout_s", "1".to_owned()));
        settings.push(("wechat.upload_timeout_s", "1".to_owned()));
        settings.extend_from_slice(more);
        let app = TestApp::start_with(backend, &settings).await;
        let author = clerk(&app, "xiaochang", Role::Editor, None).await;
        let editor = clerk(&app, "bianji", Role::Editor, None).await;
        let head = clerk(&app, "kezhang", Role::SectionHead, None).await;
        let leader = clerk(&app, "lingdao", Role::Leader, None).await;
        Self { app, platform, author, editor, head, leader }
    }

    async fn get(&self, who: &Clerk, path: &str) -> Answer {
        self.app.get(path).staff(&who.token, &who.csrf).send().await
    }

    async fn post(&self, who: &Clerk, path: &str, body: &Value) -> Answer {
        self.app.post(path, body).staff(&who.token, &who.csrf).send().await
    }

    async fn put(&self, who: &Clerk, path: &str, body: &Value) -> Answer {
        self.app.put(path, body).staff(&who.token, &who.csrf).send().await
    }

    async fn upload(&self, bytes: Vec<u8>) -> Answer {
        let request = self.app.request(Method::POST, "/api/staff/pictures");
        let request = Request(request.0.header("content-type", "image/png").body(bytes));
        request.staff(&self.author.token, &self.author.csrf).send().await
    }

    async fn picture(&self, shade: u8) -> i64 {
        self.upload(png(shade)).await.ok()["id"].as_i64().unwrap()
    }

    /// A complete draft of the author's: its id.
    async fn draft(&self) -> i64 {
        let (cover, inside) = (self.picture(10).await, self.picture(200).await);
        let text = text(cover, inside);
        self.post(&self.author, "/api/staff/articles", &text).await.ok()["id"].as_i64().unwrap()
    }

    async fn article(&self, id: i64) -> Value {
        self.get(&self.author, &format!("/api/staff/articles/{id}")).await.ok()
    }

    async fn submit(&self, id: i64) -> Answer {
        self.post(&self.author, &format!("/api/staff/articles/{id}/submit"), &json!({})).await
    }

    async fn review(&self, who: &Clerk, id: i64, stage: &str, verdict: &str) -> Answer {
        let hash = self.article(id).await["content_hash"].clone();
        let body = json!({"content_hash": hash, "stage": stage, "verdict": verdict, "remark": "请看一看", "proofread": true});
        self.post(who, &format!("/api/staff/articles/{id}/reviews"), &body).await
    }

    async fn pass_all(&self, id: i64) {
        for (who, stage) in
            [(&self.editor, "language"), (&self.head, "facts"), (&self.leader, "direction")]
        {
            self.review(who, id, stage, "pass").await.ok();
        }
    }

    /// An article that three people passed: its id.
    async fn approved(&self) -> i64 {
        let id = self.draft().await;
        self.submit(id).await.ok();
        self.pass_all(id).await;
        assert_eq!(self.article(id).await["status"], "approved");
        id
    }

    async fn publish(&self, id: i64) -> Answer {
        self.post(&self.author, &format!("/api/staff/articles/{id}/publish"), &json!({})).await
    }

    /// Lets jobs and platform work until the article has arrived or failed.
    async fn drive(&self, id: i64) -> Value {
        for _round in 0..60 {
            self.app.run_jobs().await;
            self.platform.settle().await;
            let article = self.article(id).await;
            if article["status"] != "publishing" {
                return article;
            }
            self.app.advance(TimeDelta::minutes(5));
        }
        panic!("no end: {}", self.article(id).await);
    }

    /// How often the platform was called so.
    fn calls(&self, path: &str) -> usize {
        self.platform.requests().iter().filter(|request| request.path == path).count()
    }

    async fn row(&self, id: i64) -> article::Model {
        let found = article::Entity::find_by_id(ArticleId(id)).one(self.app.app.db.read()).await;
        found.unwrap().unwrap()
    }

    async fn publications(&self, id: i64) -> Vec<publication::Model> {
        publication::Entity::find()
            .filter(publication::Column::ArticleId.eq(ArticleId(id)))
            .all(self.app.app.db.read())
            .await
            .unwrap()
    }

    async fn dead_jobs(&self) -> u64 {
        job::Entity::find()
            .filter(job::Column::State.eq(JobState::Dead))
            .count(self.app.app.db.read())
            .await
            .unwrap()
    }
}

fn png(shade: u8) -> Vec<u8> {
    let image = image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 90, 90]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn text(cover: i64, inside: i64) -> Value {
    json!({
        "title": "钩针编结班开班了",
        "digest": "周二上午，二十位学员来上第一课。",
        "byline": "小常",
        "origin": "常阴沙社区教育中心",
        "body": format!("第一课，大家学**起针**。\n\n![合影](picture:{inside})\n"),
        "cover_id": cover,
    })
}

fn changed(article: &Value, body: &str) -> Value {
    let mut change = article.clone();
    change["body"] = body.into();
    let keep = ["version", "title", "digest", "byline", "origin", "body", "cover_id"];
    change.as_object_mut().unwrap().retain(|key, _| keep.contains(&key.as_str()));
    change
}

const UPLOADIMG: &str = "/cgi-bin/media/uploadimg";
const MATERIAL: &str = "/cgi-bin/material/add_material";
const DRAFTS: &str = "/cgi-bin/draft/batchget";
const ADD_DRAFT: &str = "/cgi-bin/draft/add";
const SUBMIT: &str = "/cgi-bin/freepublish/submit";
const ASK: &str = "/cgi-bin/freepublish/get";
const PUBLISHED: &str = "/cgi-bin/freepublish/batchget";

// Writing and reviewing.

in_the_news_room! {
    async fn an_article_goes_from_a_draft_to_the_account_and_to_residents(room: Room) {
        let id = room.draft().await;
        let article = room.article(id).await;
        assert_eq!(article["may"], json!(["edit", "submit", "urge"]));
        assert!(article["html"].as_str().unwrap().contains("/api/staff/pictures/"));
        assert_eq!(room.app.get(&format!("/api/news/{id}")).send().await.status, 404);
        let cover = article["cover_id"].as_i64().unwrap();
        let public = format!("/api/pictures/{cover}");
        room.app.get(&public).send().await.refused(404, "no_picture");

        assert_eq!(room.submit(id).await.ok()["status_text"], "待文字审核");
        assert_eq!(room.review(&room.editor, id, "language", "pass").await.ok()["next_stage"], "facts");
        let seen = room.get(&room.head, &format!("/api/staff/articles/{id}")).await.ok();
        assert_eq!(seen["may"], json!(["review", "remark", "urge"]));
        room.review(&room.head, id, "facts", "pass").await.ok();
        let passed = room.review(&room.leader, id, "direction", "pass").await.ok();
        assert_eq!((&passed["status"], &passed["may"]), (&json!("approved"), &json!(["publish", "mass_send", "preview", "plan", "export", "remark", "urge"])));
        assert_eq!(passed["reviews"].as_array().unwrap().iter().filter(|one| one["holds"] == true).count(), 3);

        assert_eq!(room.publish(id).await.ok()["status"], "publishing");
        let done = room.drive(id).await;
        assert_eq!(done["status"], "published", "{done}");
        assert_eq!(done["may"], json!(["withdraw"]));
        assert!(done["publication"]["url"].as_str().unwrap().starts_with("http"));

        let on_account = room.platform.articles();
        assert_eq!(on_account.len(), 1);
        let there = &on_account[0].article;
        assert_eq!((there.title.as_str(), there.author.as_str()), ("钩针编结班开班了", "小常"));
        for word in ["<strong>起针</strong>", "来源：常阴沙社区教育中心", "作者：小常", "bianji同志（文字）", "lingdao同志（导向）"] {
            assert!(there.content.contains(word), "{word} in {}", there.content);
        }
        assert!(there.content.contains("<img"), "{}", there.content);
        assert!(there.dropped_pictures.is_empty());
        assert!(there.content_source_url.ends_with(&format!("#/news/{id}")));
        assert!(room.platform.drafts().is_empty());
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());

        let list = room.app.get("/api/news").send().await.ok();
        assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &json!(id)));
        let item = room.app.get(&format!("/api/news/{id}")).send().await.ok();
        assert!(item["html"].as_str().unwrap().contains("/api/pictures/"), "{item}");

        // Who asks the account for news is shown it as a card.
        room.platform.set_service_url(&room.app.url);
        let reader = room.platform.add_user("王秀英");
        room.platform.follow(&reader).await.unwrap();
        let heard = room.platform.say(&reader, "新闻").await.unwrap().pop().unwrap();
        let card = &heard.articles[0];
        assert_eq!((card.title.as_str(), &json!(card.url)), ("钩针编结班开班了", &done["publication"]["url"]));
        assert_eq!(card.pic_url, format!("{}{public}", room.app.url));
        let picture = room.app.get(&public).send().await;
        assert_eq!(picture.status, 200);
        assert_eq!(picture.headers["content-type"], "image/png");
        assert!(picture.headers["cache-control"].to_str().unwrap().contains("immutable"));

        let noted = audit::Entity::find()
            .filter(audit::Column::Action.starts_with("news."))
            .count(room.app.app.db.read())
            .await
            .unwrap();
        assert_eq!(noted, 5, "submit, three verdicts, publish");
        assert_eq!(room.dead_jobs().await, 0);
    }

    async fn nobody_reviews_what_they_wrote(room: Room) {
        let id = room.draft().await;
        room.submit(id).await.ok();
        room.review(&room.author, id, "language", "pass").await.refused(403, "own_article");
        // A section head's own article is not theirs to check, nor any stage of it.
        let text = text(room.picture(10).await, room.picture(200).await);
        let own = room.post(&room.head, "/api/staff/articles", &text).await.ok()["id"].as_i64().unwrap();
        room.post(&room.head, &format!("/api/staff/articles/{own}/submit"), &json!({})).await.ok();
        room.review(&room.editor, own, "language", "pass").await.ok();
        room.review(&room.head, own, "facts", "pass").await.refused(403, "own_article");
        // Whoever changed it is an author too.
        let shown = room.article(id).await;
        room.put(&room.editor, &format!("/api/staff/articles/{id}"), &changed(&shown, "改过的正文")).await.ok();
        room.submit(id).await.ok();
        room.review(&room.editor, id, "language", "pass").await.refused(403, "own_article");
    }

    async fn the_stages_have_their_order_their_roles_and_three_people(room: Room) {
        let id = room.draft().await;
        room.review(&room.editor, id, "language", "pass").await.refused(409, "not_in_review");
        room.submit(id).await.ok();
        room.review(&room.head, id, "facts", "pass").await.refused(409, "stage_order");
        room.review(&room.leader, id, "direction", "pass").await.refused(409, "stage_order");
        room.review(&room.head, id, "language", "pass").await.refused(403, "not_your_stage");
        room.review(&room.editor, id, "language", "pass").await.ok();
        room.review(&room.editor, id, "language", "pass").await.refused(403, "same_person");
        room.review(&room.editor, id, "facts", "pass").await.refused(403, "same_person");
        // Not even with another office.
        let mut promoted: entity::staff::ActiveModel =
            entity::staff::Entity::find_by_id(room.editor.id).one(room.app.app.db.read()).await.unwrap().unwrap().into();
        promoted.role = Set(Role::SectionHead);
        promoted.update(room.app.app.db.writer()).await.unwrap();
        room.review(&room.editor, id, "facts", "pass").await.refused(403, "same_person");
        room.publish(id).await.refused(409, "not_approved");
        let unknown = json!({"content_hash": "x", "stage": "spelling", "verdict": "pass"});
        let answer = room.post(&room.head, &format!("/api/staff/articles/{id}/reviews"), &unknown).await;
        assert_eq!(answer.status, 400);
    }

    async fn the_database_itself_refuses_a_second_pass(room: Room) {
        let id = room.draft().await;
        let row = |stage, reviewer: StaffId| article_review::ActiveModel {
            article_id: Set(ArticleId(id)),
            version: Set(1),
            content_hash: Set("h".to_owned()),
            stage: Set(stage),
            verdict: Set(Verdict::Pass),
            reviewer_id: Set(reviewer),
            proofread: Set(true),
            at: Set(room.app.now()),
            ..Default::default()
        };
        let db = room.app.app.db.writer();
        row(ReviewStage::Language, room.editor.id).insert(db).await.unwrap();
        assert!(row(ReviewStage::Language, room.head.id).insert(db).await.is_err(), "stage");
        assert!(row(ReviewStage::Facts, room.editor.id).insert(db).await.is_err(), "person");
    }

    async fn a_verdict_is_for_the_content_that_was_read(room: Room) {
        let id = room.draft().await;
        room.submit(id).await.ok();
        let old = room.article(id).await;
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &changed(&old, "新的正文")).await.ok();
        room.submit(id).await.ok();
        let stale = json!({"content_hash": old["content_hash"], "stage": "language", "verdict": "pass", "proofread": true});
        let path = format!("/api/staff/articles/{id}/reviews");
        room.post(&room.editor, &path, &stale).await.refused(409, "content_changed");
    }

    async fn a_change_after_a_pass_takes_the_pass_away(room: Room) {
        let id = room.approved().await;
        let old = room.article(id).await;
        let path = format!("/api/staff/articles/{id}");
        let new = room.put(&room.author, &path, &changed(&old, "又改了一个字")).await.ok();
        assert_eq!((&new["status"], &new["passes"]), (&json!("draft"), &json!([])));
        room.publish(id).await.refused(409, "not_approved");
        // Another cover is another content as well.
        let mut cover = changed(&new, "又改了一个字");
        cover["cover_id"] = room.picture(77).await.into();
        let third = room.put(&room.author, &path, &cover).await.ok();
        assert_ne!(third["content_hash"], new["content_hash"]);
        // Changed back to what three people passed: nothing new to read.
        let mut back = changed(&old, old["body"].as_str().unwrap());
        back["version"] = third["version"].clone();
        room.put(&room.author, &path, &back).await.ok();
        assert_eq!(room.submit(id).await.ok()["status"], "approved");
        let versions = room.get(&room.author, &format!("{path}/versions")).await.ok();
        assert_eq!((&versions["total"], &versions["items"][0]["version"]), (&json!(4), &json!(4)));
    }

    async fn a_return_goes_to_the_author_with_the_reason(room: Room) {
        let id = room.draft().await;
        room.submit(id).await.ok();
        room.review(&room.editor, id, "language", "pass").await.ok();
        let silent = json!({"content_hash": room.article(id).await["content_hash"], "stage": "facts", "verdict": "return", "remark": " "});
        room.post(&room.head, &format!("/api/staff/articles/{id}/reviews"), &silent).await.refused(400, "remark_needed");
        let back = room.review(&room.head, id, "facts", "return").await.ok();
        assert_eq!((&back["status"], &back["status_text"]), (&json!("draft"), &json!("已退回")));
        assert_eq!(back["reviews"][1]["remark"], "请看一看");
        // The facts were right after all: the text as it was, the language need not be read again.
        let again = room.submit(id).await.ok();
        assert_eq!((&again["next_stage"], &again["passes"]), (&json!("facts"), &json!(["language"])));
        room.review(&room.head, id, "facts", "pass").await.ok();
        room.review(&room.leader, id, "direction", "pass").await.ok();
    }

    async fn the_second_of_two_who_edit_at_once_is_told(room: Room) {
        let id = room.draft().await;
        let shown = room.article(id).await;
        let path = format!("/api/staff/articles/{id}");
        let (mine, theirs) = (changed(&shown, "我改的"), changed(&shown, "她改的"));
        let (first, second) =
            tokio::join!(room.put(&room.author, &path, &mine), room.put(&room.editor, &path, &theirs));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", first.text(), second.text());
        room.put(&room.author, &path, &mine).await.refused(409, "edited_meanwhile");
        assert_eq!(room.article(id).await["version"], 2);
        room.put(&room.leader, &path, &mine).await.refused(403, "not_author");
        room.get(&room.author, "/api/staff/articles/999999").await.refused(404, "no_article");
    }

    async fn what_is_missing_or_too_long_is_named_at_submission(room: Room) {
        let bare = json!({"title": "", "body": "![x](https://img.example.com/a.jpg)"});
        let id = room.post(&room.author, "/api/staff/articles", &bare).await.ok()["id"].as_i64().unwrap();
        let said = room.submit(id).await.refused(400, "incomplete")["message"].clone();
        for word in ["标题", "封面", "img.example.com"] {
            assert!(said.as_str().unwrap().contains(word), "{said}");
        }
        let cover = room.picture(1).await;
        let long = json!({"title": "好", "body": "字".repeat(20_000), "cover_id": cover});
        let id = room.post(&room.author, "/api/staff/articles", &long).await.ok()["id"].as_i64().unwrap();
        room.submit(id).await.refused(400, "incomplete");
        let vast = json!({"title": "好", "body": "字".repeat(60_001), "cover_id": cover});
        room.post(&room.author, "/api/staff/articles", &vast).await.refused(400, "too_long");
        let lost = json!({"title": "好", "body": "字", "cover_id": 999_999});
        room.post(&room.author, "/api/staff/articles", &lost).await.refused(400, "no_picture");
        let teacher = clerk(&room.app, "laoshi", Role::Teacher, None).await;
        room.get(&teacher, "/api/staff/articles").await.refused(403, "forbidden");
    }

    async fn markdown_cannot_smuggle_anything_to_a_reader(room: Room) {
        let cover = room.picture(1).await;
        let attack = "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1))\n\n![x\"onerror=\"alert(1)](picture:1)";
        let text = json!({"title": "<script>alert(1)</script>", "body": attack, "cover_id": cover});
        let shown = room.post(&room.author, "/api/staff/articles", &text).await.ok();
        let html = shown["html"].as_str().unwrap();
        assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
        assert_eq!(html.matches("<img").count(), 1, "{html}");
        let tag = html.split("<img").nth(1).unwrap().split('>').next().unwrap();
        let outside_the_quotes: String = tag.split('"').step_by(2).collect();
        assert!(!outside_the_quotes.contains("onerror"), "{html}");
    }

    async fn pictures_are_read_by_their_content_and_known_by_it(room: Room) {
        let first = room.upload(png(5)).await.ok();
        assert_eq!((&first["width"], &first["mime"]), (&json!(40), &json!("image/png")));
        assert_eq!(room.upload(png(5)).await.ok()["id"], first["id"]);
        room.upload(b"<svg onload=alert(1)>".to_vec()).await.refused(400, "picture_format");
        room.upload(b"RIFF\x24\0\0\0WEBPVP8 ".to_vec()).await.refused(400, "picture_format");
        let whole = png(6);
        room.upload(whole[..40].to_vec()).await.refused(400, "picture_damaged");
        room.upload(vec![0xFF; 10_485_761]).await.refused(413, "too_large");
        let flat = image::GrayImage::new(9000, 9000);
        let mut bomb = std::io::Cursor::new(Vec::new());
        flat.write_to(&mut bomb, image::ImageFormat::Png).unwrap();
        room.upload(bomb.into_inner()).await.refused(400, "picture_too_large");
        let shown = room.get(&room.head, first["url"].as_str().unwrap()).await;
        assert_eq!(shown.headers["content-type"], "image/png");
        room.app.get(first["url"].as_str().unwrap()).send().await.refused(401, "unauthenticated");
    }
}

// The way to the account.

in_the_news_room! {
    async fn nothing_goes_round_the_three_reviews(room: Room) {
        // A job and a publication for a draft that nobody passed.
        let id = room.draft().await;
        let forged = forge(&room, id, "forged").await;
        room.app.run_jobs().await;
        assert_eq!(room.publications(id).await[0].state, PublicationState::Failed);
        assert_eq!(room.row(id).await.status, ArticleStatus::Draft);
        assert!(news::publish_job(&room.app.app, forged).await.is_ok(), "it has failed for good");

        // The status says approved, the rows do not.
        let id = room.draft().await;
        set_article(&room, id, |row| row.status = Set(ArticleStatus::Approved)).await;
        room.publish(id).await.refused(409, "not_approved");
        set_article(&room, id, |row| row.status = Set(ArticleStatus::Publishing)).await;
        let hash = room.row(id).await.content_hash;
        forge(&room, id, &hash).await;
        room.app.run_jobs().await;
        assert_eq!(room.row(id).await.status, ArticleStatus::Failed);

        // Passed, then the text was changed behind everybody's back.
        let id = room.approved().await;
        set_article(&room, id, |row| row.body = Set("偷换的正文".to_owned())).await;
        room.publish(id).await.refused(409, "not_approved");
        let id = room.approved().await;
        room.publish(id).await.ok();
        set_article(&room, id, |row| row.title = Set("偷换的标题".to_owned())).await;
        room.app.run_jobs().await;
        assert_eq!(room.row(id).await.status, ArticleStatus::Failed);

        assert_eq!(room.platform.requests().len(), 0, "nothing was sent");
        assert_eq!(room.dead_jobs().await, 3);
    }

    async fn a_text_swapped_between_draft_and_submission_is_not_submitted(room: Room) {
        let id = room.approved().await;
        room.publish(id).await.ok();
        room.platform.fail_next(SUBMIT, Fault::Errcode(-1), 1);
        room.app.run_jobs().await;
        assert_eq!(room.publications(id).await[0].state, PublicationState::Drafted);
        set_article(&room, id, |row| row.body = Set("偷换的正文".to_owned())).await;
        room.app.advance(TimeDelta::minutes(1));
        room.app.run_jobs().await;
        assert_eq!(room.row(id).await.status, ArticleStatus::Failed);
        assert_eq!((room.calls(SUBMIT), room.platform.articles().len()), (1, 0));
    }

    async fn the_event_and_the_question_give_the_same_end_once(room: Room) {
        let id = room.approved().await;
        room.publish(id).await.ok();
        room.app.run_jobs().await;
        room.platform.settle().await;
        let publish_id = room.publications(id).await[0].publish_id.clone().unwrap();
        let event = |status| PublishResult {
            publish_id: publish_id.clone(),
            status,
            article_id: Some("A1".to_owned()),
            urls: vec!["https://mp.weixin.qq.com/s/x".to_owned()],
            fail_idx: vec![],
        };
        for _repeat in 0..2 {
            let tx = room.app.app.db.begin().await.unwrap();
            news::publication_finished(&tx, &event(PublishStatus::Published), room.app.now()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let done = room.article(id).await;
        assert_eq!((&done["status"], &done["publication"]["url"]), (&json!("published"), &json!("https://mp.weixin.qq.com/s/x")));
        room.app.advance(TimeDelta::minutes(1));
        room.app.run_jobs().await;
        assert_eq!(room.calls(ASK), 0, "nothing left to ask");
        // An event of something else changes nothing, and a late removal is shown.
        let tx = room.app.app.db.begin().await.unwrap();
        let other = PublishResult { publish_id: "1".to_owned(), ..event(PublishStatus::Failed) };
        news::publication_finished(&tx, &other, room.app.now()).await.unwrap();
        news::publication_finished(&tx, &event(PublishStatus::Banned), room.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let banned = room.article(id).await;
        assert_eq!(banned["status"], "failed");
        assert!(banned["failure"].as_str().unwrap().contains("封禁"));
        assert_eq!(room.app.get("/api/news").send().await.ok()["total"], 0);
    }

    async fn whatever_call_goes_wrong_the_article_arrives_exactly_once(room: Room) {
        let faults = [Fault::Garbage, Fault::Http500, Fault::Errcode(-1), Fault::Errcode(45011)];
        let mut expected = 0;
        for path in [UPLOADIMG, MATERIAL, DRAFTS, ADD_DRAFT, SUBMIT, ASK] {
            for fault in &faults {
                let id = fresh(&room, expected).await;
                room.platform.fail_next(path, fault.clone(), 1);
                room.publish(id).await.ok();
                let done = room.drive(id).await;
                assert_eq!(done["status"], "published", "{path} {fault:?}: {done}");
                expected += 1;
                assert_eq!(room.platform.articles().len(), expected, "{path} {fault:?}");
                assert!(room.platform.drafts().is_empty(), "{path} {fault:?}: a draft too many");
                assert!(room.platform.faults().is_empty(), "{path} was not called");
            }
        }
        assert_eq!(room.dead_jobs().await, 0);
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());
    }

    async fn an_answer_that_never_comes_does_not_double_the_article(room: Room) {
        let mut expected = 0;
        for (path, fault) in [
            (UPLOADIMG, Fault::Timeout),
            (ADD_DRAFT, Fault::Timeout),
            (ADD_DRAFT, Fault::Lost),
            (SUBMIT, Fault::Timeout),
            (SUBMIT, Fault::Lost),
        ] {
            let id = fresh(&room, expected).await;
            room.platform.fail_next(path, fault.clone(), 1);
            room.publish(id).await.ok();
            room.app.run_jobs().await;
            let waiting = room.article(id).await;
            assert_eq!(waiting["status"], "publishing");
            assert!(waiting["failure"].is_string(), "the editor is told what it waits for");
            let submitted = room.calls(SUBMIT);
            if path == SUBMIT {
                // Ten minutes later nothing has been repeated.
                room.platform.settle().await;
                room.app.advance(TimeDelta::minutes(10));
                room.app.run_jobs().await;
                assert_eq!(room.calls(SUBMIT), submitted, "{fault:?}");
            }
            let done = room.drive(id).await;
            assert_eq!(done["status"], "published", "{path} {fault:?}: {done}");
            expected += 1;
            assert_eq!(room.platform.articles().len(), expected, "{path} {fault:?}");
            assert!(room.platform.drafts().is_empty());
        }
    }

    async fn a_dead_token_is_renewed_and_a_second_refusal_waits(room: Room) {
        let id = room.approved().await;
        room.platform.fail_next(ADD_DRAFT, Fault::Errcode(40001), 2);
        room.publish(id).await.ok();
        room.app.run_jobs().await;
        assert_eq!(room.article(id).await["status"], "publishing");
        assert_eq!(room.drive(id).await["status"], "published");
        room.platform.kill_tokens();
        let id = fresh(&room, 1).await;
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!(room.platform.articles().len(), 2);
    }

    async fn a_no_of_the_platform_is_shown_in_words_and_can_be_repeated(room: Room) {
        for (path, errcode, word) in
            [(ADD_DRAFT, 48001, "认证"), (SUBMIT, 53503, "检查"), (SUBMIT, 987_654, "987654"), (MATERIAL, 45001, "45001")]
        {
            let published = room.platform.articles().len();
            let id = fresh(&room, published).await;
            room.platform.fail_next(path, Fault::Errcode(errcode), 1);
            room.publish(id).await.ok();
            let failed = room.drive(id).await;
            assert_eq!(failed["status"], "failed", "{failed}");
            assert!(failed["failure"].as_str().unwrap().contains(word), "{failed}");
            assert_eq!(failed["may"], json!(["edit", "retry", "mass_send", "preview", "plan", "export", "urge"]));
            room.publish(id).await.ok();
            assert_eq!(room.drive(id).await["status"], "published");
            assert_eq!(room.publications(id).await.len(), 2);
            assert_eq!(room.platform.articles().len(), published + 1);
        }
        assert_eq!(room.calls(UPLOADIMG), 4, "a picture is uploaded once");
        assert_eq!(room.dead_jobs().await, 0);
    }

    async fn an_end_that_is_a_no_is_shown_and_can_be_repeated(room: Room) {
        let id = room.approved().await;
        room.platform.set_publication_outcome(Outcome::AuditRefused);
        room.publish(id).await.ok();
        let failed = room.drive(id).await;
        assert_eq!(failed["status"], "failed");
        assert!(failed["failure"].as_str().unwrap().contains("审核"), "{failed}");
        room.platform.set_publication_outcome(Outcome::Ok);
        room.publish(id).await.ok();
        room.publish(id).await.refused(409, "publishing");
        assert_eq!(room.drive(id).await["status"], "published");
        room.publish(id).await.refused(409, "published");
        assert_eq!(room.platform.articles().len(), 1);
        assert_eq!((room.calls(UPLOADIMG), room.calls(MATERIAL)), (1, 1));
    }

    async fn the_event_comes_through_the_callback(room: Room) {
        room.platform.set_service_url(&room.app.url);
        let id = room.approved().await;
        room.publish(id).await.ok();
        room.app.run_jobs().await;
        room.platform.settle().await;
        let done = room.article(id).await;
        assert_eq!(done["status"], "published", "{done} {:?}", room.platform.callbacks());
        assert_eq!(room.calls(ASK), 0);
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());
    }

    async fn an_old_draft_published_by_hand_is_found_and_not_doubled(room: Room) {
        let id = room.approved().await;
        room.platform.set_publication_outcome(Outcome::Failed);
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "failed");
        room.platform.set_publication_outcome(Outcome::Ok);
        let draft = room.publications(id).await[0].draft_media_id.clone().unwrap();
        room.app.app.wechat.official().submit_publish(&draft).await.unwrap();
        room.platform.settle().await;
        room.publish(id).await.ok();
        let done = room.drive(id).await;
        assert_eq!(done["status"], "published");
        assert!(done["publication"]["url"].is_string());
        assert_eq!((room.calls(ADD_DRAFT), room.platform.articles().len()), (1, 1));
    }

    async fn an_end_that_does_not_come_is_waited_for_and_the_editor_is_told(room: Room) {
        let id = room.approved().await;
        room.platform.set_publication_outcome(Outcome::Never);
        room.publish(id).await.ok();
        for _hour in 0..30 {
            room.app.run_jobs().await;
            room.app.advance(TimeDelta::hours(1));
        }
        let waiting = room.article(id).await;
        assert_eq!((&waiting["status"], &waiting["publication"]["state"]), (&json!("publishing"), &json!("submitted")));
        assert!(waiting["failure"].as_str().unwrap().contains("发表记录"), "{waiting}");
        assert_eq!((room.calls(SUBMIT), room.dead_jobs().await), (1, 0));
        room.post(&room.author, &format!("/api/staff/articles/{id}/submit"), &json!({})).await.refused(409, "not_a_draft");
        let shown = room.article(id).await;
        let change = changed(&shown, "偷改");
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &change).await.refused(409, "not_editable");
    }

    async fn a_platform_that_is_away_for_long_can_be_tried_again_by_hand(room: Room) {
        let id = room.approved().await;
        room.platform.fail_next(DRAFTS, Fault::Errcode(-1), 100);
        room.publish(id).await.ok();
        for _round in 0..30 {
            room.app.run_jobs().await;
            room.app.advance(TimeDelta::minutes(11));
        }
        assert_eq!(room.dead_jobs().await, 1);
        let stuck = room.article(id).await;
        assert_eq!((&stuck["status"], &stuck["may"]), (&json!("publishing"), &json!(["retry", "urge"])));
        room.platform.clear_faults();
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!((room.publications(id).await.len(), room.platform.articles().len()), (1, 1));
    }

    async fn a_deleted_cover_is_uploaded_once_more(room: Room) {
        let id = room.approved().await;
        room.platform.fail_next(ADD_DRAFT, Fault::Errcode(40007), 1);
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!((room.calls(MATERIAL), room.calls(ADD_DRAFT)), (2, 2));
    }

    async fn a_publication_that_broke_off_before_it_submitted_goes_on_after_it_was_looked_for(room: Room) {
        let id = room.approved().await;
        room.publish(id).await.ok();
        room.platform.fail_next(SUBMIT, Fault::Errcode(-1), 1);
        room.app.run_jobs().await;
        // As after a kill between the mark and the call.
        let row = room.publications(id).await.remove(0);
        let mut broken: publication::ActiveModel = row.into();
        broken.submit_started_at = Set(Some(room.app.now()));
        broken.update(room.app.app.db.writer()).await.unwrap();
        room.app.advance(TimeDelta::minutes(20));
        room.app.run_jobs().await;
        assert_eq!(room.calls(SUBMIT), 1, "too early to say that it was not taken");
        assert!(room.calls(PUBLISHED) > 0, "but it was looked for");
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!((room.calls(SUBMIT), room.platform.articles().len()), (2, 1));
    }

    async fn two_workers_and_two_clicks_make_one_article(room: Room) {
        let id = room.approved().await;
        let (first, second) = tokio::join!(room.publish(id), room.publish(id));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let publication = room.publications(id).await[0].id;
        let app = &room.app.app;
        let (one, two, three) = tokio::join!(
            news::publish_job(app, publication),
            news::publish_job(app, publication),
            news::publish_job(app, publication)
        );
        assert!(one.is_ok() && two.is_ok() && three.is_ok(), "{one:?} {two:?} {three:?}");
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!((room.calls(SUBMIT), room.platform.articles().len()), (1, 1));
        assert!(room.platform.drafts().is_empty(), "no second draft");
    }

    /// A kill after each step that there is: each run is cut off one step later than the one
    /// before it, until one comes to its end.
    async fn a_run_cut_off_at_any_point_goes_on_to_exactly_one_article(room: Room) {
        let mut expected = 0;
        for polls in 1.. {
            let id = fresh(&room, expected % 100).await;
            room.publish(id).await.ok();
            let publication = room.publications(id).await[0].id;
            let ended = cut_off(news::publish_job(&room.app.app, publication), polls).await;
            assert_eq!(room.drive(id).await["status"], "published", "after {polls}");
            expected += 1;
            assert_eq!(room.platform.articles().len(), expected, "after {polls}");
            assert!(room.platform.drafts().is_empty(), "after {polls}");
            if ended {
                break;
            }
        }
        assert!(expected > 10, "{expected} steps");
    }
}

/// An approved article with pictures of its own.
async fn fresh(room: &Room, number: usize) -> i64 {
    let shade = u8::try_from(number).unwrap();
    let (cover, inside) = (room.picture(shade).await, room.picture(shade + 100).await);
    let text = text(cover, inside);
    let written = room.post(&room.author, "/api/staff/articles", &text).await.ok();
    let id = written["id"].as_i64().unwrap();
    room.submit(id).await.ok();
    room.pass_all(id).await;
    id
}

/// A publication and its job, as nobody may make them.
async fn forge(room: &Room, id: i64, hash: &str) -> PublicationId {
    let now = room.app.now();
    let row = publication::ActiveModel {
        article_id: Set(ArticleId(id)),
        version: Set(1),
        content_hash: Set(hash.to_owned()),
        state: Set(PublicationState::Queued),
        requested_by: Set(room.author.id),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let publication = row.insert(room.app.app.db.writer()).await.unwrap().id;
    let tx = room.app.app.db.begin().await.unwrap();
    outbox::enqueue(&tx, &Job::Publish { publication }, now, now).await.unwrap();
    tx.commit().await.unwrap();
    publication
}

async fn set_article(room: &Room, id: i64, change: impl FnOnce(&mut article::ActiveModel)) {
    let mut row: article::ActiveModel = room.row(id).await.into();
    change(&mut row);
    row.update(room.app.app.db.writer()).await.unwrap();
}

/// Lets a future run until it has been woken so often, then drops it, as a kill would. True
/// when it came to its end before.
async fn cut_off(work: impl Future, polls: u32) -> bool {
    let mut work = Box::pin(work);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(false);
        }
        if work.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(true);
        }
        left -= 1;
        std::task::Poll::Pending
    })
    .await
}

// A platform of which every fifth call fails, for an hour of its time.

in_the_news_room! {
    async fn an_hour_of_failures_publishes_each_article_at_most_once_and_tells_how_it_ended(room: Room) {
        let mut followers = Vec::new();
        for name in ["王秀英", "李建国", "陈美华"] {
            let user = room.platform.add_user(name);
            room.platform.follow(&user).await.unwrap();
            followers.push(user);
        }
        let mut articles = Vec::new();
        let ways = ["publish", "mass-send", "publish", "mass-send", "mass-send", "publish"];
        for (nth, way) in ways.into_iter().enumerate() {
            let mut text = text(room.picture(10).await, room.picture(200).await);
            text["title"] = format!("第{nth}篇").into();
            let made = room.post(&room.author, "/api/staff/articles", &text).await.ok();
            let id = made["id"].as_i64().unwrap();
            room.submit(id).await.ok();
            room.pass_all(id).await;
            articles.push((id, way));
        }
        room.platform.fail_at_random(Some(storm(7)));
        for minute in 0..60 {
            room.app.advance(TimeDelta::minutes(1));
            if minute % 10 == 0
                && let Some((id, way)) = articles.get(minute / 10)
            {
                room.post(&room.author, &format!("/api/staff/articles/{id}/{way}"), &json!({})).await.ok();
            }
            room.app.run_jobs().await;
            room.platform.settle().await;
        }
        room.platform.fail_at_random(None);
        for _ in 0..60 {
            room.app.advance(TimeDelta::minutes(5));
            room.app.run_jobs().await;
            room.platform.settle().await;
        }
        let there = room.platform.articles();
        for (nth, (id, way)) in articles.iter().enumerate() {
            let (shown, title) = (room.article(*id).await, format!("第{nth}篇"));
            let times = there.iter().filter(|one| one.article.title == title).count();
            assert!(times <= 1, "{title} came {times} times");
            for user in &followers {
                let cards = cards(&room, user, &title);
                assert!(cards <= 1, "{title}: {cards} cards for {}", user.name);
                let to_all = *way == "mass-send" && times == 1;
                assert_eq!(cards, usize::from(to_all), "{title} by {way} for {}", user.name);
            }
            // What is not there is said not to be there, with what to do; nothing hangs.
            match shown["status"].as_str().unwrap() {
                "published" => assert_eq!(times, 1, "{title} by {way}"),
                "approved" => assert!(shown["publication"]["failure"].is_string(), "{shown}"),
                other => panic!("{title} by {way}: {other}: {shown}"),
            }
        }
        assert!(there.len() >= 5, "most arrive in spite of it");
        let sent = followers.iter().map(|user| room.platform.chat(user).len());
        assert!(sent.min() >= Some(2), "so do the mass sends");
    }
}

/// How often a follower has got the card of this article.
fn cards(room: &Room, user: &User, title: &str) -> usize {
    let chat = room.platform.chat(user);
    chat.iter().flat_map(|line| &line.articles).filter(|card| card.title == title).count()
}

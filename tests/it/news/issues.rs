//! Several articles in one issue: each through its own gate, all in one draft, one submission
//! and one bell; and exactly one of them whatever breaks off.

use super::*;

const ISSUES: &str = "/api/staff/issues";
const SENDALL: &str = "/cgi-bin/message/mass/sendall";

impl Room {
    /// An article of its own title that three people passed.
    async fn titled(&self, title: &str, shade: u8) -> i64 {
        let mut text = text(self.picture(shade).await, self.picture(shade / 2 + 101).await);
        text["title"] = title.into();
        let made = self.post(&self.author, "/api/staff/articles", &text).await.ok();
        let id = made["id"].as_i64().unwrap();
        self.submit(id).await.ok();
        self.pass_all(id).await;
        id
    }

    async fn issue(&self, ids: &[i64], way: &str) -> Answer {
        self.post(&self.author, ISSUES, &json!({"articles": ids, "way": way})).await
    }

    async fn statuses(&self, ids: &[i64]) -> Vec<String> {
        let mut found = Vec::new();
        for id in ids {
            found.push(self.article(*id).await["status"].as_str().unwrap().to_owned());
        }
        found
    }

    fn titles_there(&self) -> Vec<String> {
        self.platform.articles().into_iter().map(|one| one.article.title).collect()
    }
}

in_the_news_room! {
    async fn an_issue_is_one_draft_and_one_publication_in_its_order(room: Room) {
        let (a, b, c) = (room.titled("甲", 1).await, room.titled("乙", 2).await, room.titled("丙", 3).await);
        room.issue(&[a], "publish").await.refused(400, "issue_size");
        room.issue(&[a, b, a], "publish").await.refused(400, "issue_size");
        room.issue(&[b, a, c], "publish").await.ok();
        room.issue(&[c, a], "publish").await.refused(409, "publishing");
        let under_way = room.article(a).await;
        assert_eq!(under_way["publication"]["issue"]["place"], 2);
        let names: Vec<&str> = under_way["publication"]["issue"]["articles"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
        assert_eq!(names, ["乙", "甲", "丙"]);
        for id in [a, b, c] {
            assert_eq!(room.drive(id).await["status"], "published");
        }
        assert_eq!((room.calls(ADD_DRAFT), room.calls(SUBMIT)), (1, 1));
        assert_eq!(room.titles_there(), ["乙", "甲", "丙"]);
        assert!(room.platform.drafts().is_empty());
        // Each has its own address, and stands in our own archive by itself.
        let mut urls = Vec::new();
        for id in [a, b, c] {
            urls.push(room.article(id).await["publication"]["url"].as_str().unwrap().to_owned());
        }
        urls.sort();
        urls.dedup();
        assert_eq!(urls.len(), 3);
        assert_eq!(room.app.get("/api/news").send().await.ok()["total"], 3);

        // One is taken back, the others stay.
        let path = format!("/api/staff/articles/{a}/withdraw");
        room.post(&room.author, &path, &json!({"reason": "时间写错了"})).await.ok();
        room.app.run_jobs().await;
        assert_eq!(room.statuses(&[a, b, c]).await, ["failed", "published", "published"]);
        assert_eq!(room.titles_there(), ["乙", "丙"]);
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());
    }

    async fn each_article_of_an_issue_has_its_own_gate(room: Room) {
        let (a, b) = (room.titled("甲", 1).await, room.titled("乙", 2).await);
        let raw = room.draft().await;
        for role in [Role::Admin, Role::Centre, Role::Officer, Role::Teacher] {
            let who = clerk(&room.app, &format!("x-{}", role.as_str()), role, None).await;
            for (path, more) in [(ISSUES.to_owned(), json!({"way": "publish"})), (format!("{ISSUES}/preview"), json!({"wechat_name": "x"}))] {
                let mut body = more.clone();
                body["articles"] = json!([a, b]);
                room.post(&who, &path, &body).await.refused(403, "forbidden");
            }
        }
        let refused = room.issue(&[a, raw], "publish").await.refused(409, "not_approved");
        assert!(refused["message"].as_str().unwrap().contains("第 2 篇"), "{refused}");
        let noted = audit::Entity::find()
            .filter(audit::Column::Action.eq("news.refused"))
            .filter(audit::Column::Object.eq(format!("article:{raw}")))
            .count(room.app.app.db.read())
            .await
            .unwrap();
        assert_eq!(noted, 1);
        assert_eq!(room.statuses(&[a]).await, ["approved"], "nothing of it is on its way");

        // Altered between the order and the job: the whole issue stops.
        room.issue(&[a, b], "publish").await.ok();
        set_article(&room, b, |row| row.body = Set("偷换的正文".to_owned())).await;
        room.app.run_jobs().await;
        assert_eq!(room.statuses(&[a, b]).await, ["failed", "failed"]);
        assert!(room.article(a).await["failure"].as_str().unwrap().contains("第 2 篇"));
        assert_eq!(room.platform.requests().len(), 0, "nothing was sent");

        // And between the draft and the submission.
        let (c, d) = (room.titled("丙", 3).await, room.titled("丁", 4).await);
        room.issue(&[c, d], "publish").await.ok();
        room.platform.fail_next(SUBMIT, Fault::Errcode(-1), 1);
        room.app.run_jobs().await;
        set_article(&room, d, |row| row.title = Set("偷换的标题".to_owned())).await;
        room.app.advance(TimeDelta::minutes(1));
        room.app.run_jobs().await;
        assert_eq!(room.statuses(&[c, d]).await, ["failed", "failed"]);
        assert_eq!(room.platform.articles().len(), 0);

        // A forged row that joins the issue carries nothing through.
        let (e, f) = (room.titled("戊", 5).await, room.titled("己", 6).await);
        room.issue(&[e, f], "publish").await.ok();
        let lead = room.publications(e).await[0].id;
        set_article(&room, raw, |row| row.status = Set(ArticleStatus::Publishing)).await;
        let hash = room.row(raw).await.content_hash;
        let forged = forge(&room, raw, &hash).await;
        let row = publication::Entity::find_by_id(forged).one(room.app.app.db.read()).await.unwrap().unwrap();
        let mut row: publication::ActiveModel = row.into();
        (row.lead_id, row.place) = (Set(Some(lead)), Set(3));
        row.update(room.app.app.db.writer()).await.unwrap();
        room.app.run_jobs().await;
        assert_eq!(room.statuses(&[e, f, raw]).await, ["failed", "failed", "failed"]);
        assert_eq!(room.platform.articles().len(), 0);
    }

    async fn a_no_to_one_article_is_told_at_each_of_them(room: Room) {
        let (a, b) = (room.titled("甲", 1).await, room.titled("乙", 2).await);
        room.platform.set_publication_outcome(Outcome::AuditRefused);
        room.issue(&[a, b], "publish").await.ok();
        let (first, second) = (room.drive(a).await, room.drive(b).await);
        assert_eq!((&first["status"], &second["status"]), (&json!("failed"), &json!("failed")));
        assert!(first["failure"].as_str().unwrap().starts_with("这一篇没有通过"), "{first}");
        assert!(second["failure"].as_str().unwrap().contains("第 1 篇没有通过"), "{second}");
        // Without it the other one goes.
        room.platform.set_publication_outcome(Outcome::Ok);
        room.publish(b).await.ok();
        assert_eq!(room.drive(b).await["status"], "published");
        assert_eq!(room.titles_there(), ["乙"]);
    }

    async fn an_issue_is_called_off_whole_and_goes_at_its_time(room: Room) {
        let (a, b) = (room.titled("甲", 1).await, room.titled("乙", 2).await);
        let at = (room.app.now() + TimeDelta::hours(2)).to_rfc3339();
        let planned = json!({"articles": [a, b], "way": "publish", "at": at});
        room.post(&room.author, ISSUES, &planned).await.ok();
        assert_eq!(room.article(b).await["status_text"], "已定时");
        room.post(&room.author, &format!("/api/staff/articles/{b}/call-off"), &json!({})).await.ok();
        assert_eq!(room.statuses(&[a, b]).await, ["approved", "approved"]);
        room.post(&room.author, ISSUES, &planned).await.ok();
        room.app.advance(TimeDelta::hours(3));
        assert_eq!(room.drive(a).await["status"], "published");
        assert_eq!(room.titles_there(), ["甲", "乙"]);
    }

    async fn an_issue_to_all_is_one_send_with_one_bell(room: Room) {
        room.platform.set_service_url(&room.app.url);
        let user = room.platform.users().remove(0);
        room.platform.follow(&user).await.unwrap();
        let (a, b) = (room.titled("甲", 1).await, room.titled("乙", 2).await);
        let preview = json!({"articles": [a, b], "wechat_name": user.name});
        room.post(&room.author, &format!("{ISSUES}/preview"), &preview).await.ok();
        room.issue(&[a, b], "mass_send").await.ok();
        for id in [a, b] {
            let done = room.drive(id).await;
            assert_eq!(done["status_text"], "已群发", "{done}");
            assert_eq!(done["publication"]["figures"]["sent"], 1, "{done}");
        }
        let lines = room.platform.chat(&user);
        let cards: Vec<usize> = lines.iter().map(|line| line.articles.len()).filter(|many| *many > 0).collect();
        assert_eq!(cards, [2], "one message with two articles");
        assert_eq!(room.calls(SENDALL), 1);
        // It is one send of the month's four.
        let left = room.article(a).await["mass_send"]["text"].clone();
        assert!(left.as_str().unwrap().contains("还可以群发 3 次"), "{left}");
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());
    }

    /// As for an article alone: a kill after each step that there is.
    async fn an_issue_cut_off_at_any_point_goes_on_to_exactly_one_issue(room: Room) {
        let mut issues = 0;
        for polls in 1.. {
            let shade = u8::try_from(issues % 100).unwrap();
            let (a, b) = (room.titled("甲", shade).await, room.titled("乙", shade + 100).await);
            room.issue(&[a, b], "publish").await.ok();
            let publication = room.publications(a).await[0].id;
            let ended = cut_off(news::publish_job(&room.app.app, publication), polls).await;
            assert_eq!(room.drive(a).await["status"], "published", "after {polls}");
            assert_eq!(room.article(b).await["status"], "published", "after {polls}");
            issues += 1;
            assert_eq!(room.platform.articles().len(), issues * 2, "after {polls}");
            assert!(room.platform.drafts().is_empty(), "after {polls}");
            if ended {
                break;
            }
        }
        assert!(issues > 10, "{issues} steps");
    }

    async fn a_mass_send_of_an_issue_cut_off_at_any_point_rings_exactly_once(room: Room) {
        let mut issues = 0;
        for polls in 1.. {
            let shade = u8::try_from(issues % 100).unwrap();
            let (a, b) = (room.titled("甲", shade).await, room.titled("乙", shade + 100).await);
            let ended = send_to_all(&room, &[a, b], polls).await;
            issues += 1;
            assert_eq!(room.platform.articles().len(), issues * 2, "after {polls}");
            assert!(room.platform.drafts().is_empty(), "after {polls}");
            if ended {
                break;
            }
        }
        assert!(issues > 10, "{issues} steps");
    }

    async fn a_mass_send_cut_off_at_any_point_rings_exactly_once(room: Room) {
        let mut sends = 0;
        for polls in 1.. {
            let id = fresh(&room, sends % 100).await;
            let ended = send_to_all(&room, &[id], polls).await;
            sends += 1;
            assert_eq!(room.platform.articles().len(), sends, "after {polls}");
            assert!(room.platform.drafts().is_empty(), "after {polls}");
            if ended {
                break;
            }
        }
        assert!(sends > 10, "{sends} steps");
    }
}

/// A send to all that is killed after so many steps, and goes on; true when it was not killed.
/// Nobody follows, so that nobody's four a month are used up.
async fn send_to_all(room: &Room, ids: &[i64], polls: u32) -> bool {
    let now = room.app.now();
    let db = room.app.app.db.writer();
    let mut lead = None;
    for (place, id) in (1..).zip(ids) {
        let article = room.row(*id).await;
        let row = publication::ActiveModel {
            article_id: Set(ArticleId(*id)),
            version: Set(article.version),
            content_hash: Set(article.content_hash),
            state: Set(PublicationState::Queued),
            way: Set(entity::kinds::PublicationWay::MassSend),
            lead_id: Set(lead),
            place: Set(place),
            requested_by: Set(room.author.id),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let made = row.insert(db).await.unwrap().id;
        lead.get_or_insert(made);
        set_article(room, *id, |row| {
            row.status = Set(ArticleStatus::Publishing);
            // So that it rings at any hour.
            row.urgent_for = Set(Some("台风".to_owned()));
        })
        .await;
    }
    let publication = lead.unwrap();
    let tx = room.app.app.db.begin().await.unwrap();
    outbox::enqueue(&tx, &Job::Publish { publication }, now, now).await.unwrap();
    tx.commit().await.unwrap();
    let ended = cut_off(news::publish_job(&room.app.app, publication), polls).await;
    for _round in 0..60 {
        room.app.run_jobs().await;
        room.platform.settle().await;
        if room.row(ids[0]).await.status != ArticleStatus::Publishing {
            break;
        }
        // The platform answers a repeat after a minute, by its own clock.
        room.app.advance(TimeDelta::seconds(61));
        room.platform.advance(TimeDelta::seconds(61));
    }
    for id in ids {
        assert_eq!(room.row(*id).await.status, ArticleStatus::Published, "after {polls}");
    }
    ended
}

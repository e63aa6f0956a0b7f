//! The ledger: officers write in, the desk makes something of it, and points are counted once.

use entity::community;

use super::*;

const ITEMS: &str = "/api/staff/news-items";

impl Room {
    async fn community(&self, name: &str) -> entity::ids::CommunityId {
        let row = community::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
        row.insert(self.app.app.db.writer()).await.unwrap().id
    }

    async fn ledger(&self, who: &Clerk) -> Value {
        self.get(who, &format!("{ITEMS}?year=2026")).await.ok()
    }

    async fn outlet(&self, name: &str, points: i32) -> i64 {
        self.post(&self.author, "/api/staff/outlets", &json!({"name": name, "points": points}))
            .await
            .ok();
        let all = self.get(&self.author, "/api/staff/outlets").await.ok();
        let found = all["items"].as_array().unwrap().iter().find(|one| one["name"] == name);
        found.unwrap()["id"].as_i64().unwrap()
    }

    async fn enter(&self, who: &Clerk, item: i64, outlet: i64, state: &str) -> Answer {
        let body = json!({"outlet_id": outlet, "state": state, "sent_on": "2026-09-01", "link": "https://www.xuexi.cn/1"});
        self.put(who, &format!("{ITEMS}/{item}/submissions"), &body).await
    }
}

in_the_news_room! {
    async fn an_officers_item_becomes_an_article_and_counts_once_at_the_highest_level(room: Room) {
        let (own, other) = (room.community("常沙社区").await, room.community("常北社区").await);
        let officer = clerk(&room.app, "guanli", Role::Officer, Some(own)).await;
        let stranger = clerk(&room.app, "linju", Role::Officer, Some(other)).await;
        let teacher = clerk(&room.app, "laoshi", Role::Teacher, None).await;
        room.get(&teacher, &format!("{ITEMS}?year=2026")).await.refused(403, "forbidden");
        room.post(&officer, ITEMS, &json!({"title": " "})).await.refused(400, "no_title");
        // Whatever an officer names, it is their own community's.
        let new = json!({"title": "重阳节包饺子", "body": "九月初九，三十位老人。", "project": "乡风文明课堂", "community_id": other});
        room.post(&officer, ITEMS, &new).await.ok();
        let ledger = room.ledger(&officer).await;
        let item = ledger["items"][0].clone();
        assert_eq!((&item["community_name"], &item["status_text"]), (&json!("常沙社区"), &json!("等编辑看")));
        assert_eq!(room.ledger(&stranger).await["items"], json!([]), "another community sees nothing of it");
        let id = item["id"].as_i64().unwrap();

        room.post(&officer, &format!("{ITEMS}/{id}/article"), &json!({})).await.refused(403, "forbidden");
        let made = room.post(&room.editor, &format!("{ITEMS}/{id}/article"), &json!({})).await.ok();
        let article = room.article(made["article_id"].as_i64().unwrap()).await;
        assert_eq!((&article["title"], &article["status"]), (&json!("重阳节包饺子"), &json!("draft")));
        room.post(&room.editor, &format!("{ITEMS}/{id}/article"), &json!({})).await.refused(409, "taken_up");
        room.post(&room.editor, &format!("{ITEMS}/{id}/decline"), &json!({"reason": "重复"})).await.refused(409, "taken_up");

        let (country, city) = (room.outlet("学习强国", 10).await, room.outlet("张家港日报", 5).await);
        room.post(&room.author, "/api/staff/outlets", &json!({"name": "学习强国", "points": 1})).await.refused(409, "outlet_taken");
        room.post(&officer, "/api/staff/outlets", &json!({"name": "自己的报", "points": 99})).await.refused(403, "forbidden");
        room.enter(&stranger, id, city, "taken").await.refused(404, "no_item");
        room.enter(&officer, id, 999, "sent").await.refused(400, "no_outlet");
        room.enter(&officer, id, city, "taken").await.ok();
        room.enter(&room.author, id, country, "sent").await.ok();
        assert_eq!(room.ledger(&officer).await["sums"][0]["points"], 5);
        // The answer of the higher one comes later; the lower one is not added.
        room.enter(&room.author, id, country, "taken").await.ok();
        let ledger = room.ledger(&officer).await;
        assert_eq!(ledger["sums"], json!([{"community_id": own, "community_name": "常沙社区", "items": 1, "sent": 1, "taken": 1, "points": 10}]));
        assert_eq!((&ledger["items"][0]["status_text"], ledger["items"][0]["submissions"].as_array().unwrap().len()), (&json!("已录用"), 2));
        // The table is the centre's: what it says today counts.
        room.put(&room.author, &format!("/api/staff/outlets/{country}"), &json!({"name": "学习强国", "points": 20})).await.ok();
        assert_eq!(room.ledger(&officer).await["sums"][0]["points"], 20);
        for body in [
            json!({"outlet_id": city, "state": "sent", "sent_on": "2026-09-02"}),
            json!({"outlet_id": city, "state": "taken", "sent_on": "2026-09-01", "decided_on": "2026-08-31"}),
        ] {
            room.put(&officer, &format!("{ITEMS}/{id}/submissions"), &body).await.refused(400, "bad_day");
        }
        let bad = json!({"outlet_id": city, "state": "sent", "sent_on": "2026-09-01", "link": "javascript:alert(1)"});
        room.put(&officer, &format!("{ITEMS}/{id}/submissions"), &bad).await.refused(400, "bad_link");

        // What is not taken says why, and the centre has items of its own.
        room.post(&room.author, ITEMS, &json!({"title": "中心的稿件"})).await.ok();
        let all = room.ledger(&room.author).await;
        assert_eq!(all["sums"].as_array().unwrap().len(), 2);
        let own_item = all["items"][0]["id"].as_i64().unwrap();
        room.post(&room.head, &format!("{ITEMS}/{own_item}/decline"), &json!({"reason": " "})).await.refused(400, "reason_needed");
        room.post(&room.head, &format!("{ITEMS}/{own_item}/decline"), &json!({"reason": "内容太短"})).await.ok();
        let declined = room.ledger(&room.author).await["items"][0].clone();
        assert_eq!((&declined["status_text"], &declined["declined_for"]), (&json!("没有采用"), &json!("内容太短")));
        room.get(&room.author, &format!("{ITEMS}?year=1")).await.refused(400, "bad_year");
    }
}

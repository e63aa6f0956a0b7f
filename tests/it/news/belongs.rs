//! What articles belong to, what is counted of it, the first draft from a class, who does not
//! want to be seen, and how often articles were read.

use entity::ids::{ClassId, CommunityId, MeetingId};
use entity::kinds::AttendanceStatus;

use super::*;
use crate::support::fixtures::{self, School};

const ITEMS: &str = "/api/staff/news-items";
const TOTAL: &str = "/datacube/getarticletotal";

/// A class of three with a meeting that has begun, at which two are present.
struct Lesson {
    school: School,
    class: ClassId,
    meeting: MeetingId,
    people: Vec<fixtures::Person>,
}

impl Lesson {
    async fn new(room: &Room) -> Self {
        let school = fixtures::school(&room.app).await;
        let class = fixtures::class(&room.app, &school, "钩针编结班", 10).await;
        let meeting =
            fixtures::meeting(&room.app, &school, class, 3, TimeDelta::minutes(-30)).await;
        let keeper = clerk(&room.app, "zhongxin", Role::Centre, None).await;
        let mut people = Vec::new();
        for nth in 1..=3 {
            let person = fixtures::person(&room.app, school.community, nth).await;
            fixtures::placed(&room.app, &school, class, person.id).await;
            let status = if nth < 3 { AttendanceStatus::Present } else { AttendanceStatus::Absent };
            let path = format!("/api/staff/meetings/{meeting}/roll/{}", person.id);
            let body = json!({"status": status.as_str()});
            room.put(&keeper, &path, &body).await.ok();
            people.push(person);
        }
        Self { school, class, meeting, people }
    }
}

impl Room {
    async fn meeting_picture(&self, who: &Clerk, meeting: MeetingId, shade: u8) -> Answer {
        let path = format!("/api/staff/meetings/{meeting}/pictures");
        let request = self.app.request(Method::POST, &path);
        let request = Request(request.0.header("content-type", "image/png").body(png(shade)));
        request.staff(&who.token, &who.csrf).send().await
    }

    async fn figures(&self, who: &Clerk) -> Vec<Value> {
        let found = self.get(who, "/api/staff/news-figures?year=2026").await.ok();
        found["items"].as_array().unwrap().clone()
    }

    async fn belongs(&self, id: i64, body: Value) -> Answer {
        self.put(&self.author, &format!("/api/staff/articles/{id}/belongs"), &body).await
    }
}

in_the_news_room! {
    async fn a_teachers_pictures_become_a_first_draft_with_the_facts_in_it(room: Room) {
        let lesson = Lesson::new(&room).await;
        let teacher = clerk(&room.app, "qita", Role::Teacher, None).await;
        room.meeting_picture(&teacher, lesson.meeting, 1).await.refused(403, "not_your_class");
        let officer = clerk(&room.app, "guanli", Role::Officer, Some(lesson.school.community)).await;
        let mut pictures = Vec::new();
        for shade in [11, 22] {
            pictures.push(room.meeting_picture(&officer, lesson.meeting, shade).await.ok()["id"].clone());
        }
        // As large as a phone takes them.
        let noise = image::RgbImage::from_fn(700, 700, |x, y| {
            let mixed = (x * 7_919 + y * 104_729).wrapping_mul(2_654_435_761).to_le_bytes();
            image::Rgb([mixed[1], mixed[2], mixed[3]])
        });
        let mut large = std::io::Cursor::new(Vec::new());
        noise.write_to(&mut large, image::ImageFormat::Png).unwrap();
        let request = room.app.request(Method::POST, &format!("/api/staff/meetings/{}/pictures", lesson.meeting));
        let request = Request(request.0.header("content-type", "image/png").body(large.into_inner()));
        request.by(&officer).send().await.ok();
        let path = format!("/api/staff/meetings/{}/news", lesson.meeting);
        room.post(&officer, &path, &json!({"pictures": []})).await.refused(400, "no_pictures");
        room.post(&officer, &path, &json!({"pictures": [999_999]})).await.refused(400, "no_picture");
        room.post(&officer, &path, &json!({"pictures": pictures, "note": "大家学会了起针。"})).await.ok();
        // More of them later are added to the same item.
        let third = room.meeting_picture(&officer, lesson.meeting, 33).await.ok()["id"].clone();
        room.post(&officer, &path, &json!({"pictures": [third]})).await.ok();

        let ledger = room.get(&room.author, &format!("{ITEMS}?year=2026")).await.ok();
        assert_eq!(ledger["items"].as_array().unwrap().len(), 1);
        let item = ledger["items"][0].clone();
        assert_eq!((&item["title"], item["pictures"].as_array().unwrap().len()), (&json!("钩针编结班第 3 次课"), 3));
        let id = item["id"].as_i64().unwrap();
        let made = room.post(&room.author, &format!("{ITEMS}/{id}/article"), &json!({})).await.ok();
        let article = room.article(made["article_id"].as_i64().unwrap()).await;
        let body = article["body"].as_str().unwrap();
        for word in ["9月1日", "钩针编结班在", "201教室上第 3 次课", "2 位学员参加", "大家学会了起针", &format!("picture:{}", pictures[0])] {
            assert!(body.contains(word), "{word} in {body}");
        }
        assert_eq!((&article["cover_id"], &article["class_name"]), (&pictures[0], &json!("钩针编结班")));
        assert_eq!(article["community_id"], json!(lesson.school.community));
        // What an editor has begun is not changed behind their back.
        room.post(&officer, &path, &json!({"pictures": pictures})).await.refused(409, "taken_up");
        // It is a draft, with captions still to be written, and the whole gate before it.
        assert_eq!(article["status"], "draft");
        let check = room.get(&room.author, &format!("/api/staff/articles/{}/check", article["id"])).await.ok();
        assert_eq!(check["items"].as_array().unwrap().iter().filter(|one| one["message"].as_str().unwrap().contains("图注")).count(), 3);

        let later = fixtures::meeting(&room.app, &lesson.school, lesson.class, 4, TimeDelta::days(7)).await;
        let early = format!("/api/staff/meetings/{later}/news");
        room.post(&officer, &early, &json!({"pictures": pictures})).await.refused(409, "not_begun");
    }

    async fn who_does_not_want_to_be_seen_is_flagged_and_masked(room: Room) {
        let lesson = Lesson::new(&room).await;
        let path = format!("/api/staff/meetings/{}/photo-wishes", lesson.meeting);
        let asked = room.get(&room.author, &path).await.ok();
        assert_eq!((&asked["present"], &asked["agreed"], asked["unwilling"].as_array().unwrap().len()), (&json!(2), &json!(0), 2));
        assert!(asked["text"].as_str().unwrap().contains("2 位还没有问过"), "{asked}");
        let version = room.app.app.config.members.consent_version.clone();
        let consent = json!({"kind": "photos", "version": version});
        room.app.post("/api/me/consents", &consent).bearer(&lesson.people[0].token).send().await.ok();
        // Somebody who was never asked says no on their own phone.
        let no = room.app.request(Method::DELETE, "/api/me/consents/photos").bearer(&lesson.people[1].token).send().await;
        assert!(no.status.is_success(), "{}", no.text());
        let told = room.get(&room.author, &path).await.ok();
        assert_eq!((&told["agreed"], told["unwilling"].as_array().unwrap().len()), (&json!(1), 1));
        let one = &told["unwilling"][0];
        assert_eq!(one["refused"], true);
        assert!(one["name"].as_str().unwrap().contains('*'), "the desk sees it masked: {one}");
        assert_eq!(one["number_end"].as_str().unwrap().chars().count(), 4);
        // Whoever keeps the roll sees whom not to photograph.
        let keeper = clerk(&room.app, "guanli", Role::Officer, Some(lesson.school.community)).await;
        assert!(!room.get(&keeper, &path).await.ok()["unwilling"][0]["name"].as_str().unwrap().contains('*'));
        let stranger = clerk(&room.app, "qita", Role::Teacher, None).await;
        room.get(&stranger, &path).await.refused(403, "not_your_class");

        // Staff record what somebody without a phone says, both ways, with who wrote it down.
        let record = format!("/api/staff/residents/{}/photos", lesson.people[1].id);
        for (agrees, left) in [(true, 0), (true, 0), (false, 1)] {
            room.put(&keeper, &record, &json!({"agrees": agrees, "way": "paper"})).await.ok();
            assert_eq!(room.get(&room.author, &path).await.ok()["unwilling"].as_array().unwrap().len(), left);
        }
        let papers = room.get(&keeper, &format!("/api/staff/residents/{}/papers", lesson.people[1].id)).await.ok();
        assert_eq!(papers["photos"], false);
    }

    async fn what_an_article_belongs_to_can_be_set_right_at_any_time(room: Room) {
        let id = room.approved().await;
        let lesson = Lesson::new(&room).await;
        let (own, class) = (lesson.school.community, lesson.class);
        room.belongs(id, json!({"community_id": 999_999})).await.refused(400, "no_community");
        room.belongs(id, json!({"class_id": 999_999})).await.refused(400, "no_class");
        room.belongs(id, json!({"project": "长".repeat(31)})).await.refused(400, "too_long");
        let set = room.belongs(id, json!({"project": " 智在指尖 ", "community_id": own, "class_id": class})).await.ok();
        assert_eq!((&set["project"], &set["class_name"], &set["status"]), (&json!("智在指尖"), &json!("钩针编结班"), &json!("approved")), "its passes stand");
        room.draft().await;
        for (query, found) in [("project=智在指尖", 1), ("community_id=999", 0), ("project=别的", 0), ("status=approved", 1), ("", 2)] {
            let list = room.get(&room.author, &format!("/api/staff/articles?{query}")).await.ok();
            assert_eq!(list["total"], found, "{query}");
        }
        let classes = room.get(&room.author, "/api/staff/news-classes").await.ok();
        assert_eq!(classes["items"][0]["name"], "钩针编结班");
        let teacher = clerk(&room.app, "laoshi", Role::Teacher, None).await;
        room.put(&teacher, &format!("/api/staff/articles/{id}/belongs"), &json!({})).await.refused(403, "forbidden");

        room.publish(id).await.ok();
        room.drive(id).await;
        room.belongs(id, json!({"project": "小常姐姐读书会", "community_id": own})).await.ok();
        let officer = clerk(&room.app, "guanli", Role::Officer, Some(own)).await;
        room.post(&officer, ITEMS, &json!({"title": "重阳节", "project": "小常姐姐读书会"})).await.ok();
        room.post(&room.author, ITEMS, &json!({"title": "中心的稿件"})).await.ok();
        let seen = room.figures(&officer).await;
        assert_eq!(seen.len(), 1, "an officer sees their own: {seen:?}");
        assert_eq!((&seen[0]["month"], &seen[0]["published"], &seen[0]["items"]), (&json!("2026-09"), &json!(1), &json!(1)));
        assert_eq!((&seen[0]["project"], room.figures(&room.author).await.len()), (&json!("小常姐姐读书会"), 2));
        // For the rooms above: the same by a verb.
        let day = |month| chrono::NaiveDate::from_ymd_opt(2026, month, 1).unwrap();
        let counted = news::counted(room.app.app.db.read(), (day(9), day(10)), Some(CommunityId(own.0))).await.unwrap();
        assert_eq!((counted[0].published, counted[0].items, counted[0].points), (1, 1, 0));
        let before = news::counted(room.app.app.db.read(), (day(8), day(9)), None).await.unwrap();
        assert!(before.is_empty());
        // What is taken back counts no longer.
        room.post(&room.author, &format!("/api/staff/articles/{id}/withdraw"), &json!({"reason": "写错了"})).await.ok();
        assert_eq!(room.figures(&officer).await[0]["published"], 0);
    }

    async fn how_often_an_article_was_read_is_asked_once_a_day_and_shown(room: Room) {
        room.platform.set_service_url(&room.app.url);
        for name in ["王秀英", "李建国", "陈美华", "张桂花"] {
            let user = room.platform.add_user(name);
            room.platform.follow(&user).await.unwrap();
        }
        let (sent, published) = (room.approved().await, fresh(&room, 3).await);
        room.post(&room.author, &format!("/api/staff/articles/{sent}/mass-send"), &json!({})).await.ok();
        room.drive(sent).await;
        room.publish(published).await.ok();
        let only_published = room.drive(published).await;
        assert!(only_published["publication"]["reads_text"].as_str().unwrap().contains("群发"), "{only_published}");
        // Of today nothing is known, and nothing is asked.
        news::read_figures(&room.app.app).await.unwrap();
        assert_eq!(room.calls(TOTAL), 0);
        room.app.advance(TimeDelta::days(2));
        room.platform.advance(TimeDelta::days(2));
        room.platform.fail_next(TOTAL, Fault::Errcode(45011), 1);
        assert!(news::read_figures(&room.app.app).await.is_err(), "tried again later");
        room.app.advance(TimeDelta::minutes(2));
        news::read_figures(&room.app.app).await.unwrap();
        let signed = clerk(&room.app, "zaoban", Role::Editor, None).await;
        let shown = room.get(&signed, &format!("/api/staff/articles/{sent}")).await.ok();
        assert_eq!((&shown["publication"]["reads"]["readers"], &shown["publication"]["reads"]["reads"]), (&json!(4), &json!(8)));
        assert!(shown["publication"]["reads_text"].as_str().unwrap().contains("4 人读了 8 次"), "{shown}");
        let year = room.get(&signed, "/api/staff/news-figures?year=2026").await.ok();
        assert_eq!((&year["items"][0]["readers"], &year["items"][0]["published"]), (&json!(4), &json!(2)));
        // A day that may not be asked for is not asked for; after a week nothing is.
        room.app.advance(TimeDelta::days(10));
        let before = room.calls(TOTAL);
        news::read_figures(&room.app.app).await.unwrap();
        assert_eq!(room.calls(TOTAL), before);
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());
    }
}

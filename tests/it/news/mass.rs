//! An article to all followers: once, whatever happens between us and the platform. The
//! calls of the mass send are answered here, everything else by the sandbox behind.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Endpoint, Response, Server};
use shangxue::sandbox::{AdminAnswer, MassOutcome};
use shangxue::wechat::message::{MassResult, MassStatus};
use tokio::sync::Notify;

use super::*;

const SENDALL: &str = "/cgi-bin/message/mass/sendall";

/// What goes wrong with the next mass send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// It is taken, and the answer is lost.
    Lost,
    /// It is taken, and no answer comes as long as anybody waits.
    Silent,
    /// Nothing is taken.
    Refused(i64),
}

#[derive(Default)]
struct State {
    wrong: VecDeque<Wrong>,
    /// Keys and drafts of the sends that were taken.
    sent: Vec<(String, String)>,
    /// Keys of all calls.
    asked: Vec<String>,
    previews: Vec<Value>,
    withdrawn: Vec<String>,
    /// What `mass/get` says.
    status: &'static str,
}

struct Front {
    behind: String,
    http: reqwest::Client,
    state: Arc<Mutex<State>>,
    taken: Arc<Notify>,
}

impl Front {
    /// The answer of a mass call; nothing: none comes.
    fn mass(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let mut state = self.state.lock().unwrap();
        let no = |errcode: i64| Some((200, json!({ "errcode": errcode, "errmsg": "no" })));
        match path {
            SENDALL => {
                let key = body["clientmsgid"].as_str().unwrap().to_owned();
                state.asked.push(key.clone());
                let wrong = state.wrong.pop_front();
                if let Some(Wrong::Refused(errcode)) = wrong {
                    return no(errcode);
                }
                if let Some(index) = state.sent.iter().position(|(known, _)| *known == key) {
                    return Some((
                        200,
                        json!({ "errcode": 45065, "errmsg": "exist", "msg_id": 1000 + index }),
                    ));
                }
                assert_eq!(body["filter"]["is_to_all"], true);
                let draft = body["mpnews"]["media_id"].as_str().unwrap().to_owned();
                state.sent.push((key, draft));
                self.taken.notify_one();
                match wrong {
                    Some(Wrong::Lost) => Some((502, json!("lost"))),
                    Some(Wrong::Silent) => None,
                    _ => Some((
                        200,
                        json!({ "errcode": 0, "msg_id": 999 + state.sent.len(), "msg_data_id": 7 }),
                    )),
                }
            }
            "/cgi-bin/message/mass/preview" => {
                state.previews.push(body.clone());
                if body["towxname"] == "nobody" { no(46004) } else { no(0) }
            }
            "/cgi-bin/message/mass/get" => {
                Some((200, json!({ "msg_id": body["msg_id"], "msg_status": state.status })))
            }
            "/cgi-bin/message/mass/delete" => {
                state.withdrawn.push(body["msg_id"].as_str().unwrap().to_owned());
                no(0)
            }
            _ => panic!("{path}"),
        }
    }
}

impl Endpoint for Front {
    type Output = Response;

    async fn call(&self, request: poem::Request) -> poem::Result<Response> {
        let (parts, body) = request.into_parts();
        let body = body.into_vec().await?;
        let path = parts.uri.path().to_owned();
        if path.starts_with("/cgi-bin/message/mass/") {
            let answer = self.mass(&path, &serde_json::from_slice(&body).unwrap());
            let Some((status, answer)) = answer else { std::future::pending().await };
            let status = StatusCode::from_u16(status).unwrap();
            return Ok(Response::builder().status(status).body(answer.to_string()));
        }
        let mut request = self.http.request(parts.method, format!("{}{}", self.behind, parts.uri));
        if let Some(kind) = parts.headers.get("content-type") {
            request = request.header("content-type", kind);
        }
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status();
        Ok(Response::builder().status(status).body(answer.bytes().await.unwrap().to_vec()))
    }
}

/// The news room, with the platform's mass send in the test's hand.
struct Masses {
    room: Room,
    state: Arc<Mutex<State>>,
    taken: Arc<Notify>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Masses {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Masses {
    async fn open(backend: Backend) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
        let room =
            Room::open_with(backend, &[("wechat.api_base", format!("http://{address}"))]).await;
        let state = Arc::new(Mutex::new(State { status: "SENDING", ..State::default() }));
        let taken = Arc::new(Notify::new());
        let front = Front {
            behind: room.platform.base_url().to_owned(),
            http: reqwest::Client::new(),
            state: Arc::clone(&state),
            taken: Arc::clone(&taken),
        };
        let server = tokio::spawn(async move {
            let _ended = Server::new_with_acceptor(acceptor).run(front).await;
        });
        Self { room, state, taken, server }
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap())
    }

    fn wrong(&self, wrong: &[Wrong]) {
        self.state(|state| state.wrong.extend(wrong));
    }

    async fn act(&self, id: i64, action: &str) -> Answer {
        let path = format!("/api/staff/articles/{id}/{action}");
        self.room.post(&self.room.author, &path, &json!({"reason": "时间写错了"})).await
    }

    async fn preview(&self, id: i64, name: &str) -> Answer {
        let path = format!("/api/staff/articles/{id}/preview");
        self.room.post(&self.room.author, &path, &json!({ "wechat_name": name })).await
    }

    async fn row(&self, id: i64) -> publication::Model {
        self.room.publications(id).await.pop().unwrap()
    }

    /// The platform's event about this article's send.
    async fn event(&self, id: i64, status: MassStatus, counts: [i64; 4]) {
        let [total, filtered, sent, failed] = counts;
        let result = MassResult {
            msg_id: self.row(id).await.msg_id.unwrap(),
            status,
            total,
            filtered,
            sent,
            failed,
            copyright: None,
            urls: vec!["https://mp.weixin.qq.com/s/m".to_owned()],
        };
        let tx = self.room.app.app.db.begin().await.unwrap();
        news::mass_send_finished(&tx, &result, self.room.app.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Sends an approved article, and lets it arrive.
    async fn arrived(&self, number: usize) -> i64 {
        let id = fresh(&self.room, number).await;
        self.act(id, "mass-send").await.ok();
        self.room.app.run_jobs().await;
        self.event(id, MassStatus::Success, [120, 118, 117, 1]).await;
        id
    }

    async fn set_begun(&self, id: i64, at: DateTime<Utc>) {
        let mut row: publication::ActiveModel = self.row(id).await.into();
        row.submit_started_at = Set(Some(at));
        row.update(self.room.app.app.db.writer()).await.unwrap();
    }
}

/// As `in_the_news_room`, with the mass send in the test's hand.
macro_rules! before_all_followers {
    ($(async fn $name:ident($masses:ident: Masses) $body:block)*) => {$(
        mod $name {
            use super::*;
            async fn scenario($masses: Masses) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                scenario(Masses::open(Backend::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if Backend::Postgres.available() {
                    scenario(Masses::open(Backend::Postgres).await).await;
                }
            }
        }
    )*};
}

before_all_followers! {
    async fn an_article_goes_to_all_once_and_its_figures_are_kept(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        let before = room.article(id).await;
        assert!(before["mass_send"]["text"].as_str().unwrap().contains("还可以群发 4 次"), "{before}");
        let under_way = masses.act(id, "mass-send").await.ok();
        assert_eq!((&under_way["status"], &under_way["publication"]["way"]), (&json!("publishing"), &json!("mass_send")));
        masses.act(id, "mass-send").await.refused(409, "publishing");
        room.app.run_jobs().await;
        let row = masses.row(id).await;
        let (key, draft) = masses.state(|state| state.sent[0].clone());
        assert_eq!((row.mass_key, row.draft_media_id), (Some(key), Some(draft)));
        assert!(room.article(id).await["publication"]["state_text"].as_str().unwrap().contains("30 分钟"));
        for _repeat in 0..2 {
            masses.event(id, MassStatus::Success, [120, 118, 117, 1]).await;
        }
        let done = room.article(id).await;
        assert_eq!((&done["status"], &done["status_text"]), (&json!("published"), &json!("已群发")));
        let figures = json!({ "total": 120, "filtered": 118, "sent": 117, "failed": 1 });
        assert_eq!((&done["publication"]["figures"], &done["publication"]["url"]), (&figures, &json!("https://mp.weixin.qq.com/s/m")));
        assert!(done["mass_send"]["text"].as_str().unwrap().contains("还可以群发 3 次"));
        assert_eq!(room.app.get("/api/news").send().await.ok()["total"], 1);
        room.app.advance(TimeDelta::hours(1));
        room.app.run_jobs().await;
        assert_eq!(masses.state(|state| (state.sent.len(), state.asked.len())), (1, 1));
        assert_eq!(room.calls(SUBMIT), 0, "sent, not published as well");
    }

    async fn asking_is_enough_where_the_event_gets_lost_and_a_late_one_brings_the_figures(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        masses.act(id, "mass-send").await.ok();
        room.app.run_jobs().await;
        room.app.advance(TimeDelta::seconds(61));
        room.app.run_jobs().await;
        assert_eq!(room.article(id).await["status"], "publishing");
        masses.state(|state| state.status = "SEND_SUCCESS");
        let done = room.drive(id).await;
        assert_eq!((&done["status"], done["publication"].get("figures")), (&json!("published"), None));
        masses.event(id, MassStatus::Success, [3, 3, 3, 0]).await;
        let done = room.article(id).await;
        assert_eq!((&done["publication"]["figures"]["sent"], &done["publication"]["url"]), (&json!(3), &json!("https://mp.weixin.qq.com/s/m")));
        masses.state(|state| state.status = "DELETE");
    }

    async fn a_lost_answer_is_asked_for_with_the_same_key(masses: Masses) {
        let room = &masses.room;
        for (number, wrong) in [
            vec![Wrong::Lost],
            vec![Wrong::Silent],
            vec![Wrong::Lost, Wrong::Refused(45066), Wrong::Refused(-1)],
            vec![Wrong::Refused(45066)],
        ]
        .into_iter()
        .enumerate()
        {
            let id = fresh(room, number).await;
            masses.wrong(&wrong);
            masses.state(|state| state.status = "SENDING");
            masses.act(id, "mass-send").await.ok();
            room.app.run_jobs().await;
            masses.state(|state| state.status = "SEND_SUCCESS");
            let done = room.drive(id).await;
            assert_eq!(done["status"], "published", "{wrong:?}: {done}");
            let key = masses.row(id).await.mass_key.unwrap();
            masses.state(|state| {
                assert_eq!(state.sent.len(), number + 1, "{wrong:?}");
                assert!(state.asked.iter().filter(|asked| **asked == key).count() > 1, "{wrong:?}");
            });
        }
        assert_eq!(room.dead_jobs().await, 0);
    }

    async fn a_run_killed_before_the_answer_does_not_send_twice(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        masses.wrong(&[Wrong::Silent]);
        masses.act(id, "mass-send").await.ok();
        let publication = masses.row(id).await.id;
        tokio::select! {
            _ = news::publish_job(&room.app.app, publication) => panic!("no answer came"),
            () = masses.taken.notified() => {}
        }
        let row = masses.row(id).await;
        assert!(row.mass_key.is_some() && row.msg_id.is_none());
        masses.state(|state| state.status = "SEND_SUCCESS");
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!(masses.state(|state| state.sent.len()), 1);
    }

    async fn a_run_killed_before_the_call_sends_after_all(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        masses.wrong(&[Wrong::Refused(-1)]);
        masses.act(id, "mass-send").await.ok();
        room.app.run_jobs().await;
        // As after a kill between the mark and the call.
        masses.set_begun(id, room.app.now()).await;
        masses.state(|state| state.status = "SEND_SUCCESS");
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!(masses.state(|state| state.sent.len()), 1);
    }

    async fn after_a_day_the_key_protects_no_longer_and_staff_have_to_look(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        masses.wrong(&[Wrong::Refused(-1)]);
        masses.act(id, "mass-send").await.ok();
        room.app.run_jobs().await;
        masses.set_begun(id, room.app.now() - TimeDelta::hours(23)).await;
        let asked = masses.state(|state| state.asked.len());
        let done = room.drive(id).await;
        assert_eq!(done["status"], "failed");
        assert!(done["failure"].as_str().unwrap().contains("发表记录"), "{done}");
        assert_eq!(masses.state(|state| (state.sent.len(), state.asked.len())), (0, asked));
    }

    async fn a_no_is_told_in_words_and_uses_nothing_up(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        masses.wrong(&[Wrong::Refused(45028)]);
        masses.act(id, "mass-send").await.ok();
        let done = room.drive(id).await;
        assert_eq!((&done["status"], &done["status_text"]), (&json!("failed"), &json!("群发失败")));
        assert!(done["failure"].as_str().unwrap().contains("次数用完"), "{done}");
        assert!(done["may"].as_array().unwrap().contains(&json!("mass_send")));
        // Once more; the administrator of the account says no.
        masses.act(id, "mass-send").await.ok();
        room.app.run_jobs().await;
        masses.event(id, MassStatus::Refused(40001), [0, 0, 0, 0]).await;
        let done = room.article(id).await;
        assert!(done["failure"].as_str().unwrap().contains("管理员拒绝"), "{done}");
        // The other way is still open.
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
        assert_eq!(room.platform.articles().len(), 1);
    }

    async fn without_a_reason_the_event_is_waited_for(masses: Masses) {
        let room = &masses.room;
        let id = room.approved().await;
        masses.act(id, "mass-send").await.ok();
        room.app.run_jobs().await;
        masses.state(|state| state.status = "SEND_FAIL");
        room.app.advance(TimeDelta::seconds(61));
        room.app.run_jobs().await;
        assert_eq!(room.article(id).await["status"], "publishing");
        let done = room.drive(id).await;
        assert!(done["failure"].as_str().unwrap().contains("没有说明原因"), "{done}");
    }

    async fn four_a_month_and_no_more(masses: Masses) {
        let room = &masses.room;
        for number in 0..4 {
            masses.arrived(number).await;
        }
        let id = fresh(room, 4).await;
        let article = room.article(id).await;
        assert_eq!(article["mass_send"]["may"], false);
        assert!(!article["may"].as_array().unwrap().contains(&json!("mass_send")));
        masses.act(id, "mass-send").await.refused(409, "no_mass_send_left");
        assert_eq!(masses.state(|state| state.sent.len()), 4);
    }

    async fn only_what_three_people_passed_is_sent_or_shown(masses: Masses) {
        let room = &masses.room;
        let id = room.draft().await;
        masses.act(id, "mass-send").await.refused(409, "not_approved");
        masses.act(id, "withdraw").await.refused(409, "not_published");
        masses.preview(id, "lin_zhou").await.refused(409, "not_approved");
        room.submit(id).await.ok();
        room.pass_all(id).await;
        for _again in 0..2 {
            masses.preview(id, " lin_zhou ").await.ok();
        }
        let previews = masses.state(|state| state.previews.clone());
        assert_eq!(previews.len(), 2);
        assert_eq!((&previews[0]["towxname"], &previews[0]["mpnews"]), (&json!("lin_zhou"), &previews[1]["mpnews"]));
        assert_eq!(room.calls(ADD_DRAFT), 1, "the draft of the first look serves the second");
        masses.preview(id, "nobody").await.refused(400, "no_such_follower");
        assert_eq!(masses.preview(id, " ").await.status.as_u16(), 400);
        assert_eq!(room.article(id).await["status"], "approved");
    }

    async fn a_mass_send_can_be_taken_back(masses: Masses) {
        let room = &masses.room;
        let id = masses.arrived(0).await;
        assert!(room.article(id).await["may"].as_array().unwrap().contains(&json!("withdraw")));
        masses.act(id, "withdraw").await.ok();
        room.app.run_jobs().await;
        let done = room.article(id).await;
        assert_eq!((&done["status"], &done["status_text"]), (&json!("failed"), &json!("已撤下")));
        assert!(done["failure"].as_str().unwrap().contains("撤回"), "{done}");
        assert_eq!(masses.state(|state| state.withdrawn.clone()), [masses.row(id).await.msg_id.unwrap()]);
        masses.act(id, "withdraw").await.refused(409, "not_published");
        assert_eq!(room.app.get("/api/news").send().await.ok()["total"], 0);
    }
}

// With the sandbox's own mass send: read from the same reference by somebody else.

in_the_news_room! {
    async fn a_mass_send_stands_in_the_chat_and_the_event_brings_the_figures(room: Room) {
        room.platform.set_service_url(&room.app.url);
        let user = room.platform.users().remove(0);
        room.platform.follow(&user).await.unwrap();
        let id = room.approved().await;
        room.platform.fail_next(SENDALL, Fault::Garbage, 1);
        let path = format!("/api/staff/articles/{id}/mass-send");
        room.post(&room.author, &path, &json!({})).await.ok();
        room.app.run_jobs().await;
        assert_eq!(room.article(id).await["status"], "publishing");
        // After a minute the platform says that it has this one.
        room.platform.advance(TimeDelta::seconds(61));
        let done = room.drive(id).await;
        assert_eq!(done["status_text"], "已群发", "{done} {:?}", room.platform.callbacks());
        room.platform.settle().await;
        let cards = room.platform.chat(&user).iter().filter(|line| !line.articles.is_empty()).count();
        assert_eq!(cards, 1);
        assert!(room.platform.drafts().is_empty(), "it is used up");
        assert_eq!(room.platform.unexpected(), Vec::<String>::new());
    }

    async fn the_administrators_silence_is_told(room: Room) {
        room.platform.set_service_url(&room.app.url);
        room.platform.set_mass_outcome(MassOutcome::Refused(40002));
        let id = room.approved().await;
        let path = format!("/api/staff/articles/{id}/mass-send");
        room.post(&room.author, &path, &json!({})).await.ok();
        let done = room.drive(id).await;
        assert!(done["failure"].as_str().unwrap().contains("30 分钟没有确认"), "{done}");
    }
}

in_the_news_room! {
    async fn a_send_that_waits_for_the_administrator_says_so_and_ends_as_they_decide(room: Room) {
        room.platform.set_service_url(&room.app.url);
        room.platform.set_mass_protection(true);
        let user = room.platform.add_user("王秀英");
        room.platform.follow(&user).await.unwrap();
        let cards = |room: &Room| {
            room.platform.chat(&user).iter().filter(|line| !line.articles.is_empty()).count()
        };
        let advance = |minutes: i64| {
            room.app.advance(TimeDelta::minutes(minutes));
            room.platform.advance(TimeDelta::minutes(minutes));
        };
        for (number, (answer, status, failure)) in [
            (AdminAnswer::Confirm, "published", None),
            (AdminAnswer::Refuse, "failed", Some("公众号管理员拒绝了群发。")),
            (AdminAnswer::Lapse, "failed", Some("公众号管理员 30 分钟没有确认。")),
        ]
        .into_iter()
        .enumerate()
        {
            let id = fresh(&room, number).await;
            room.post(&room.author, &format!("/api/staff/articles/{id}/mass-send"), &json!({})).await.ok();
            room.app.run_jobs().await;
            let sent = room.article(id).await;
            assert_eq!(sent["publication"].get("confirm_until"), None, "it may go at once");
            advance(2);
            room.app.run_jobs().await;
            let held = room.article(id).await;
            assert_eq!(held["status"], "publishing");
            assert_eq!(held["publication"]["state_text"], "等管理员在微信里确认");
            let begun = room.publications(id).await[0].submit_started_at.unwrap();
            let until = (begun + TimeDelta::minutes(30)).to_rfc3339();
            assert_eq!(held["publication"]["confirm_until"], until);
            advance(18);
            assert!(room.platform.answer_mass(answer).await);
            room.platform.settle().await;
            let ended = room.article(id).await;
            assert_eq!(ended["status"], status);
            assert_eq!(ended["publication"].get("failure").and_then(Value::as_str), failure);
            assert_eq!(ended["publication"].get("confirm_until"), None);
            assert_eq!(cards(&room), 1, "only what was confirmed arrives");
            // What asks later changes nothing.
            advance(60);
            room.app.run_jobs().await;
            assert_eq!(room.article(id).await["status"], status);
        }
        assert!(!room.platform.answer_mass(AdminAnswer::Confirm).await);
    }
}

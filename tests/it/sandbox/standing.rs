//! What the platform refuses because of how somebody, or the account, stands.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shangxue::sandbox::{Account, AccountStanding, Address, PersonStanding, Publishing};

use super::{Platform, code};

async fn ask_for_a_token(platform: &Platform) -> Value {
    platform.post("/cgi-bin/stable_token", &platform.credentials(Account::Official)).await
}

#[tokio::test]
async fn an_address_waits_for_the_administrator_and_a_no_is_for_a_while() {
    let platform = Platform::start().await;
    let stand = |address| {
        platform.sandbox.set_standing(AccountStanding { address, ..Default::default() });
    };
    stand(Address::Waiting);
    assert_eq!(code(&ask_for_a_token(&platform).await), 89503);
    let now = platform.config.clock.now();
    for (address, errcode, hours) in
        [(Address::RefusedADay(now), 89506, 24), (Address::RefusedAnHour(now), 89507, 1)]
    {
        stand(address);
        assert_eq!(code(&ask_for_a_token(&platform).await), errcode);
        let later = TimeDelta::hours(hours);
        platform.sandbox.advance(later - TimeDelta::seconds(1));
        assert_eq!(code(&ask_for_a_token(&platform).await), errcode);
        platform.sandbox.advance(TimeDelta::seconds(1));
        assert_eq!(code(&ask_for_a_token(&platform).await), 89503, "asked anew");
        platform.sandbox.advance(-later);
    }
    stand(Address::Allowed);
    assert_eq!(code(&ask_for_a_token(&platform).await), 0);
    assert_eq!(platform.sandbox.unexpected(), Vec::<String>::new());
}

#[tokio::test]
async fn people_are_barred_at_the_place_where_it_shows() {
    let platform = Platform::start().await;
    let sandbox = &platform.sandbox;
    let user = sandbox.add_user("王秀英");
    sandbox.follow(&user).await.expect("followed");
    let openid = &user.official_openid;
    let stand = |standing| sandbox.set_person_standing(&user, standing);

    let login = async || {
        let keys = &platform.config.mini;
        let code = sandbox.login_code(&user);
        let (appid, secret) = (&keys.appid, &keys.secret);
        platform.get(&format!("/sns/jscode2session?appid={appid}&secret={secret}&js_code={code}&grant_type=authorization_code")).await
    };
    stand(PersonStanding { risky: true, ..Default::default() });
    assert_eq!(code(&login().await), 40226);
    stand(PersonStanding::default());
    assert_eq!(code(&login().await), 0);

    let template = &platform.config.official_templates[0].id;
    let field = |value: &str| json!({ "value": value });
    let notice = json!({"touser": openid, "template_id": template, "data": {
        "thing1": field("智在指尖"), "time2": field("2026年12月1日 09:00"),
        "thing3": field("社区教育中心"), "thing4": field("请带手机"),
    }});
    let notify = async || platform.official("/cgi-bin/message/template/send", &notice).await;
    stand(PersonStanding { blacklisted: true, ..Default::default() });
    assert_eq!(code(&notify().await), 43019);
    let words = json!({"touser": openid, "msgtype": "text", "text": {"content": "您好"}});
    let write = async || platform.official("/cgi-bin/message/custom/send", &words).await;
    stand(PersonStanding { silent: true, ..Default::default() });
    assert_eq!(code(&write().await), 48002);
    stand(PersonStanding::default());
    assert_eq!((code(&notify().await), code(&write().await)), (0, 0));
    assert_eq!(sandbox.unexpected(), Vec::<String>::new());
}

#[tokio::test]
async fn a_restricted_person_is_not_known_to_web_pages() {
    let platform = Platform::start_with(|config| {
        config.oauth_hosts = vec!["study.example.cn".to_owned()];
    })
    .await;
    let user = platform.sandbox.add_user("王秀英");
    let keys = &platform.config.official;
    let link = format!(
        "{}/connect/oauth2/authorize?appid={}&redirect_uri=https%3A%2F%2Fstudy.example.cn%2Fm%2F&response_type=code&scope=snsapi_base&state=a1#wechat_redirect",
        platform.sandbox.base_url(),
        keys.appid
    );
    let exchange = async || {
        let back = platform.sandbox.authorize(&user, &link, false).expect("agreed");
        let code =
            back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
        platform.get(&format!("/sns/oauth2/access_token?appid={}&secret={}&code={code}&grant_type=authorization_code", keys.appid, keys.secret)).await
    };
    let restricted = PersonStanding { restricted: true, ..Default::default() };
    platform.sandbox.set_person_standing(&user, restricted);
    assert_eq!(code(&exchange().await), 50002);
    platform.sandbox.set_person_standing(&user, PersonStanding::default());
    assert_eq!(code(&exchange().await), 0);
}

#[tokio::test]
async fn drafts_are_kept_back_and_comments_need_a_right() {
    let platform = Platform::start().await;
    let draft = json!({"media_id": platform.draft().await});
    for (publishing, errcode) in [
        (Publishing::FailsCheck, 53503),
        (Publishing::OnWebsite, 53504),
        (Publishing::ByHandFirst, 53505),
    ] {
        platform.sandbox.set_standing(AccountStanding { publishing, ..Default::default() });
        let answer = platform.official("/cgi-bin/freepublish/submit", &draft).await;
        assert_eq!(code(&answer), errcode);
        assert_eq!(code(&platform.official("/cgi-bin/draft/get", &draft).await), 0, "kept");
    }
    platform.sandbox.set_standing(AccountStanding { no_comments: true, ..Default::default() });
    let mut article = json!({"title": "开课", "content": "<p>欢迎</p>", "thumb_media_id": platform.cover().await, "need_open_comment": 1});
    let add = async |article: &Value| {
        code(&platform.official("/cgi-bin/draft/add", &json!({"articles": [article]})).await)
    };
    assert_eq!(add(&article).await, 88000);
    article["need_open_comment"] = json!(0);
    assert_eq!(add(&article).await, 0);
}

#[tokio::test]
async fn what_was_published_can_go_later_and_an_event_says_so() {
    let platform = Platform::start().await;
    for (by_the_system, status) in [(false, 5), (true, 6)] {
        let body = json!({"media_id": platform.draft().await});
        let submitted = platform.official("/cgi-bin/freepublish/submit", &body).await;
        platform.sandbox.settle().await;
        let asked = json!({"publish_id": submitted["publish_id"]});
        let published = platform.official("/cgi-bin/freepublish/get", &asked).await;
        let article_id = published["article_id"].as_str().expect("published").to_owned();
        let told = platform.sandbox.callbacks().len();
        assert!(platform.sandbox.take_down(&article_id, by_the_system).await);
        let state = platform.official("/cgi-bin/freepublish/get", &asked).await;
        assert_eq!(state["publish_status"], status);
        assert!(state.get("article_id").is_none(), "{state}");
        assert_eq!(platform.sandbox.callbacks().len(), told + 1);
        assert!(platform.sandbox.articles().is_empty());
    }
    assert!(!platform.sandbox.take_down("another", true).await);
}

#[tokio::test]
async fn an_unreleased_mini_program_has_no_links_and_no_codes() {
    let platform = Platform::start().await;
    let link = json!({"path": "pages/web/index", "query": "to=%2Fclasses", "expire_type": 1, "expire_interval": 3});
    let picture = json!({"scene": "/classes/3", "page": "pages/web/index"});
    platform.sandbox.set_standing(AccountStanding { unreleased: true, ..Default::default() });
    assert_eq!(code(&platform.mini("/wxa/generate_urllink", &link).await), 85079);
    assert_eq!(code(&platform.mini("/wxa/getwxacodeunlimit", &picture).await), 41030);
    platform.sandbox.set_standing(AccountStanding::default());
    assert_eq!(code(&platform.mini("/wxa/generate_urllink", &link).await), 0);
}

#[tokio::test]
async fn menus_for_some_lead_to_three_hosts_of_others_and_words_are_looked_at() {
    let platform =
        Platform::start_with(|config| config.oauth_hosts = vec!["own.example".to_owned()]).await;
    let tag = platform.official("/cgi-bin/tags/create", &json!({"tag": {"name": "班长"}})).await;
    let menu = |host: &str| json!({"button": [{"name": "看看", "type": "view", "url": format!("https://{host}/a")}]});
    assert_eq!(code(&platform.official("/cgi-bin/menu/create", &menu("own.example")).await), 0);
    let add = async |host: &str| {
        let mut menu = menu(host);
        menu["matchrule"] = json!({"tag_id": tag["tag"]["id"]});
        code(&platform.official("/cgi-bin/menu/addconditional", &menu).await)
    };
    for host in ["own.example", "a.example", "b.example", "c.example", "a.example"] {
        assert_eq!(add(host).await, 0, "{host}");
    }
    assert_eq!(add("d.example").await, 65316);

    let words = |words: &str| json!({"filter": {"is_to_all": true}, "msgtype": "text", "text": {"content": words}});
    let send = async |text: &str| {
        code(&platform.official("/cgi-bin/message/mass/sendall", &words(text)).await)
    };
    assert_eq!(send("不要赌博").await, 45168);
    assert_eq!(send("明天放假").await, 0);
}

//! `POST /cgi-bin/menu/{create,addconditional,delconditional,trymatch}`,
//! `GET /cgi-bin/menu/{get,delete}`, `GET /cgi-bin/get_current_selfmenu_info`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, MENU, Place, Refusal, bug, get, ok, post, refuse};
use crate::sandbox::people::{host, is_service_page};
use crate::sandbox::server::{Inner, Shared};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/menu/create", MENU, create),
    get("/cgi-bin/menu/get", MENU, read),
    get("/cgi-bin/menu/delete", MENU, delete),
    post("/cgi-bin/menu/addconditional", MENU, add_conditional),
    post("/cgi-bin/menu/delconditional", MENU, delete_conditional),
    post("/cgi-bin/menu/trymatch", MENU, try_match),
    get("/cgi-bin/get_current_selfmenu_info", MENU, self_menu),
];

/// In menus for some.
const OUTSIDE_HOSTS: usize = 3;
/// Of the menu for all.
const DEFAULT_ID: u64 = 208_396_938;
const NAME: usize = 16;
const SUB_NAME: usize = 60;
const KEY: usize = 128;
const URL: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Menu {
    button: Vec<Button>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Button {
    #[serde(default)]
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    key: Option<String>,
    url: Option<String>,
    appid: Option<String>,
    pagepath: Option<String>,
    article_id: Option<String>,
    media_id: Option<String>,
    #[serde(default)]
    sub_button: Vec<Button>,
}

fn create(inner: &Shared, call: &Call) -> Answer {
    let menu: Menu = call.json()?;
    check(inner, &menu.button)?;
    let menu: Value = call.json()?;
    inner.change(|state| (state.menu, state.menu_by_hand) = (Some(menu), false));
    Ok(ok())
}

fn check(inner: &Inner, buttons: &[Button]) -> Result<(), Refusal> {
    if !(1..=3).contains(&buttons.len()) {
        return Err(bug(40016, "invalid button size"));
    }
    for button in buttons {
        check_name(button, NAME, 40018)?;
        if button.sub_button.is_empty() {
            check_action(inner, button)?;
            continue;
        }
        if button.sub_button.len() > 5 {
            return Err(bug(40023, "invalid sub button size"));
        }
        if button.kind.is_some() {
            return Err(bug(40017, "invalid button type: a button with sub buttons has none"));
        }
        for sub in &button.sub_button {
            if !sub.sub_button.is_empty() {
                return Err(bug(40022, "invalid sub button level"));
            }
            check_name(sub, SUB_NAME, 40025)?;
            check_action(inner, sub)?;
        }
    }
    Ok(())
}

fn check_name(button: &Button, limit: usize, errcode: i64) -> Result<(), Refusal> {
    if button.name.is_empty() || button.name.len() > limit {
        return Err(bug(errcode, "invalid button name size"));
    }
    Ok(())
}

fn check_action(inner: &Inner, button: &Button) -> Result<(), Refusal> {
    let of = |field: &Option<String>| field.clone().unwrap_or_default();
    let url = of(&button.url);
    let good_url = url.starts_with("http") && url.len() <= URL;
    match button.kind.as_deref() {
        Some(
            "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album"
            | "pic_weixin" | "location_select",
        ) => {
            let key = of(&button.key);
            if key.is_empty() || key.len() > KEY {
                return Err(bug(40019, "invalid button key size"));
            }
        }
        Some("view") if !good_url => return Err(bug(40055, "invalid button url domain")),
        Some("view") => {}
        Some("miniprogram") => {
            if !good_url {
                return Err(bug(40055, "invalid button url domain"));
            }
            if of(&button.appid) != inner.config.mini.appid {
                return Err(refuse(45064, "no permission to use weapp in menu"));
            }
            let page = of(&button.pagepath);
            let path = page.split('?').next().unwrap_or_default();
            if !inner.config.mini_pages.iter().any(|known| known == path) {
                return Err(bug(40097, "invalid args: pagepath"));
            }
        }
        Some("article_id" | "article_view_limited") => {
            let all = inner.read(|state| state.published(&inner.base_url));
            if !all.iter().any(|one| one.article_id == of(&button.article_id)) {
                return Err(refuse(53600, "invalid article_id"));
            }
        }
        Some("media_id" | "view_limited") => {
            let media_id = of(&button.media_id);
            if !inner.read(|state| state.media.get(&media_id).is_some_and(|it| it.material)) {
                return Err(refuse(40007, "invalid media_id"));
            }
        }
        _ => return Err(bug(40017, "invalid button type")),
    }
    Ok(())
}

/// The real one gives an empty list where there are none.
fn filled(mut menu: Value) -> Value {
    for button in menu["button"].as_array_mut().into_iter().flatten() {
        if button["sub_button"].is_null() {
            button["sub_button"] = json!([]);
        }
    }
    menu
}

fn read(inner: &Shared, _: &Call) -> Answer {
    let (menu, others) = inner.read(|state| {
        let menu = state.menu.clone().filter(|_| !state.menu_by_hand);
        (menu, state.conditional_menus.clone())
    });
    let menu = menu.ok_or_else(|| refuse(46003, "menu no exist"))?;
    let mut answer = json!({"menu": filled(menu)});
    if !others.is_empty() {
        answer["menu"]["menuid"] = DEFAULT_ID.into();
        answer["conditionalmenu"] = others.into_iter().map(filled).collect();
    }
    Ok(answer)
}

fn delete(inner: &Shared, _: &Call) -> Answer {
    inner.change(|state| {
        state.menu = None;
        state.conditional_menus.clear();
    });
    Ok(ok())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditional {
    button: Vec<Button>,
    matchrule: Rule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    tag_id: Option<Value>,
    client_platform_type: Option<Value>,
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

fn add_conditional(inner: &Shared, call: &Call) -> Answer {
    let body: Conditional = call.json()?;
    check(inner, &body.button)?;
    let tag = body.matchrule.tag_id.as_ref().map(number);
    let platform = body.matchrule.client_platform_type.as_ref().map(number);
    if tag.is_none() && platform.is_none() {
        return Err(bug(40035, "invalid parameter: matchrule is empty"));
    }
    if platform.is_some_and(|kind| !kind.is_some_and(|kind| (1..=3).contains(&kind))) {
        return Err(bug(40035, "invalid parameter: client_platform_type"));
    }
    let mut menu: Value = call.json()?;
    let menuid = inner.change(|state| {
        if state.menu.is_none() {
            return Err(refuse(65303, "there is no selfmenu, please create selfmenu first"));
        }
        let known = |tag: u64| state.tags.iter().any(|own| u64::from(own.id) == tag);
        if tag.is_some_and(|tag| !tag.is_some_and(known)) {
            return Err(refuse(45159, "invalid tag id"));
        }
        let mut outside = BTreeSet::new();
        for menu in state.conditional_menus.iter().chain([&menu]) {
            outside_hosts(inner, &menu["button"], &mut outside);
        }
        if outside.len() > OUTSIDE_HOSTS {
            return Err(refuse(65316, "the domain num of conditional menus is out of limit"));
        }
        let menuid = DEFAULT_ID + state.next();
        menu["menuid"] = menuid.into();
        state.conditional_menus.push(menu);
        Ok(menuid)
    })?;
    Ok(json!({"menuid": menuid.to_string()}))
}

/// Where buttons lead that is none of the account's own places.
fn outside_hosts(inner: &Inner, buttons: &Value, hosts: &mut BTreeSet<String>) {
    for button in buttons.as_array().into_iter().flatten() {
        outside_hosts(inner, &button["sub_button"], hosts);
        let url = button["url"].as_str().unwrap_or_default();
        if !is_service_page(inner, url) {
            hosts.extend(host(url).map(str::to_owned));
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    menuid: Value,
}

fn delete_conditional(inner: &Shared, call: &Call) -> Answer {
    let body: Which = call.json()?;
    inner.change(|state| {
        let wanted = number(&body.menuid);
        let before = state.conditional_menus.len();
        state.conditional_menus.retain(|menu| number(&menu["menuid"]) != wanted);
        if state.conditional_menus.len() == before {
            return Err(refuse(65301, "not exist selfmenu menuid"));
        }
        Ok(ok())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    user_id: String,
}

fn try_match(inner: &Shared, call: &Call) -> Answer {
    let body: Whose = call.json()?;
    inner.read(|state| {
        let person = state.people.iter().find(|person| {
            person.user.official_openid == body.user_id || person.user.name == body.user_id
        });
        let person = person.ok_or_else(|| refuse(40003, "invalid openid"))?;
        let menu = state.menu_of(person).cloned();
        let menu = filled(menu.ok_or_else(|| refuse(46003, "menu no exist"))?);
        Ok(json!({"button": menu["button"]}))
    })
}

fn self_menu(inner: &Shared, _: &Call) -> Answer {
    let menu = inner.read(|state| state.menu.clone());
    Ok(match menu {
        None => json!({"is_menu_open": 0, "selfmenu_info": {"button": []}}),
        Some(menu) => {
            let mut buttons = menu["button"].clone();
            // Here the lower buttons stand in a list of their own.
            for button in buttons.as_array_mut().into_iter().flatten() {
                if button["sub_button"].is_array() {
                    button["sub_button"] = json!({"list": button["sub_button"]});
                }
            }
            json!({"is_menu_open": 1, "selfmenu_info": {"button": buttons}})
        }
    })
}

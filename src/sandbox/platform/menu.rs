//! `POST /cgi-bin/menu/create`, `GET /cgi-bin/menu/{get,delete}`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, bug, ok, refuse};
use crate::sandbox::server::{Inner, Shared};

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
    #[serde(default)]
    sub_button: Vec<Button>,
}

pub(super) fn create(inner: &Shared, call: &Call) -> Answer {
    let menu: Menu = call.json()?;
    if !(1..=3).contains(&menu.button.len()) {
        return Err(bug(40016, "invalid button size"));
    }
    for button in &menu.button {
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
    let menu: Value = call.json()?;
    inner.change(|state| state.menu = Some(menu));
    Ok(ok())
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
        Some("click") => {
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
        _ => return Err(bug(40017, "invalid button type")),
    }
    Ok(())
}

pub(super) fn get(inner: &Shared, _: &Call) -> Answer {
    let menu = inner.read(|state| state.menu.clone());
    let mut menu = menu.ok_or_else(|| refuse(46003, "menu no exist"))?;
    // The real one gives an empty list where there are none.
    for button in menu["button"].as_array_mut().into_iter().flatten() {
        if button["sub_button"].is_null() {
            button["sub_button"] = json!([]);
        }
    }
    Ok(json!({"menu": menu}))
}

pub(super) fn delete(inner: &Shared, _: &Call) -> Answer {
    inner.change(|state| state.menu = None);
    Ok(ok())
}

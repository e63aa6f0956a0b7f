//! Taps on the account's menu.

use serde::Serialize;
use serde_json::Value;

use super::{event, show, user_of};
use crate::error::{Error, Result};
use crate::sandbox::caller;
use crate::sandbox::push::{Node, text};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{ChatLine, Trigger, article_url};

/// What a tap on the menu did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Tapped {
    /// A click: these lines came back.
    Replied { lines: Vec<ChatLine> },
    /// A link, to be opened.
    Link { link: String },
    /// The phone asks for something first: `scan`, `pictures` or `location`.
    Asks { input: &'static str },
}

/// What the person gave after such a tap.
pub(in crate::sandbox) enum Input {
    Scan {
        result: String,
    },
    /// MD5 of each picture.
    Pictures {
        sums: Vec<String>,
    },
    Location {
        latitude: String,
        longitude: String,
        label: String,
    },
}

pub(in crate::sandbox) async fn tap(inner: &Shared, id: u64, name: &str) -> Result<Tapped> {
    let user = inner.read(|state| user_of(state, id, true))?;
    let button = button_of(inner, id, name)?;
    let of = |field: &str| button[field].as_str().unwrap_or_default().to_owned();
    let menu_id = ("MenuId", Node::Number(441_700_001));
    let (what, fields, link) = match of("type").as_str() {
        "click" => ("CLICK", vec![("EventKey", text(of("key")))], None),
        "view" => ("VIEW", vec![("EventKey", text(of("url"))), menu_id], Some(of("url"))),
        "miniprogram" => {
            let page = of("pagepath");
            ("view_miniprogram", vec![("EventKey", text(&page)), menu_id], Some(page))
        }
        // WeChat shows these by itself; the service hears nothing.
        "article_id" | "article_view_limited" => {
            return Ok(Tapped::Link { link: article_url(&inner.base_url, &of("article_id"), 1) });
        }
        "media_id" | "view_limited" => {
            return Ok(Tapped::Link { link: inner.picture_url(&of("media_id")) });
        }
        "scancode_push" | "scancode_waitmsg" => return Ok(Tapped::Asks { input: "scan" }),
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => {
            return Ok(Tapped::Asks { input: "pictures" });
        }
        "location_select" => return Ok(Tapped::Asks { input: "location" }),
        _ => return Err(Error::conflict("no_action", "这一项点不了。")),
    };
    if what == "CLICK" {
        super::opens(inner, id, Trigger::Tapped);
    }
    let reply = caller::deliver(inner, &event(inner, &user, what, fields)).await;
    Ok(match link {
        Some(link) => Tapped::Link { link },
        None => Tapped::Replied { lines: show(inner, id, reply, true) },
    })
}

/// The rest of a tap that asked for something.
pub(in crate::sandbox) async fn tap_with(
    inner: &Shared,
    id: u64,
    name: &str,
    input: Input,
) -> Result<Vec<ChatLine>> {
    let user = inner.read(|state| user_of(state, id, true))?;
    let button = button_of(inner, id, name)?;
    let what = button["type"].as_str().unwrap_or_default().to_owned();
    let wrong = || Error::conflict("no_action", "这一项要的不是这个。");
    let (name, group) = match input {
        Input::Scan { result } if what.starts_with("scancode_") => {
            super::opens(inner, id, Trigger::Tapped);
            let info = vec![("ScanType", text("qrcode")), ("ScanResult", text(result))];
            ("ScanCodeInfo", info)
        }
        Input::Pictures { sums } if what.starts_with("pic_") => {
            let item = |sum: String| Node::Group(vec![("PicMd5Sum", text(sum))]);
            let count = u64::try_from(sums.len()).unwrap_or_default();
            let items = sums.into_iter().map(item).collect();
            let list = Node::Group(vec![("item", Node::Many(items))]);
            ("SendPicsInfo", vec![("Count", Node::Number(count)), ("PicList", list)])
        }
        Input::Location { latitude, longitude, label } if what == "location_select" => {
            let info = vec![
                ("Location_X", text(latitude)),
                ("Location_Y", text(longitude)),
                ("Scale", text("16")),
                ("Label", text(label)),
                ("Poiname", text("")),
            ];
            ("SendLocationInfo", info)
        }
        _ => return Err(wrong()),
    };
    let key = button["key"].as_str().unwrap_or_default();
    let fields = vec![("EventKey", text(key)), (name, Node::Group(group))];
    let reply = caller::deliver(inner, &event(inner, &user, &what, fields)).await;
    Ok(show(inner, id, reply, what == "scancode_waitmsg"))
}

fn button_of(inner: &Shared, id: u64, name: &str) -> Result<Value> {
    let found = inner.read(|state| {
        let menu = state.menu_of(state.person(id)?)?;
        find(menu, name).cloned()
    });
    found.ok_or_else(|| Error::not_found("no_button", "菜单里没有这一项。"))
}

fn find<'a>(menu: &'a Value, name: &str) -> Option<&'a Value> {
    let buttons = menu["button"].as_array()?;
    let mut all = buttons.iter().chain(
        buttons.iter().flat_map(|button| button["sub_button"].as_array().into_iter().flatten()),
    );
    all.find(|button| button["name"] == name && button["type"].is_string())
}

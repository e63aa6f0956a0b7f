//! What the client has to know of an endpoint beyond its path: whether it may be made
//! again, how many a day there are, who may call it, what staff call it.
//!
//! Source: api.md of the reference. A path that stands nowhere here is treated with
//! care: never repeated blindly, no known limit, allowed to all.

use super::account::Ability;
use super::retry::Repeat;
use super::token;

/// What a second run does. Readers of lists are known by their names.
pub(super) fn repeat(path: &str) -> Repeat {
    match path {
        // A code works once, whatever the answer was.
        "/sns/jscode2session"
        | "/sns/oauth2/access_token"
        | "/wxa/business/getuserphonenumber"
        | "/wxa/resetusersessionkey" => Repeat::Sends,
        token::PATH
        | "/cgi-bin/menu/create"
        | "/cgi-bin/menu/delete"
        | "/cgi-bin/draft/update"
        | "/cgi-bin/draft/delete"
        | "/cgi-bin/media/upload"
        | "/cgi-bin/media/uploadimg"
        | "/cgi-bin/tags/update"
        | "/cgi-bin/tags/members/batchtagging"
        | "/cgi-bin/tags/members/batchuntagging"
        | "/cgi-bin/user/info/updateremark"
        | "/cgi-bin/callback/check"
        | "/wxa/getwxacodeunlimit"
        | "/wxa/generate_urllink"
        | "/wxa/generatescheme"
        | "/wxa/msg_sec_check" => Repeat::Idempotent,
        "/datacube/getarticletotal"
        | "/wxa/checksession"
        | "/sns/userinfo"
        | "/sns/auth"
        | "/cgi-bin/user/info" => Repeat::Read,
        _ => match path.rsplit('/').next().unwrap_or_default() {
            "get"
            | "batchget"
            | "getarticle"
            | "getidlist"
            | "count"
            | "trymatch"
            | "getticket"
            | "gettemplate"
            | "getcategory"
            | "get_api_domain_ip"
            | "getcallbackip"
            | "get_current_selfmenu_info"
            | "get_materialcount"
            | "batchget_material"
            | "get_material"
            | "get_all_private_template"
            | "getpubtemplatetitles"
            | "getpubtemplatekeywords" => Repeat::Read,
            _ => Repeat::Sends,
        },
    }
}

/// Where the calls are counted: links and schemes share one limit.
pub(super) fn pot(path: &'static str) -> &'static str {
    match path {
        "/wxa/generatescheme" => "/wxa/generate_urllink",
        other => other,
    }
}

/// Calls a day by the documentation; WeChat's own numbers come from `quota/get`.
pub(super) fn daily_limit(pot: &str) -> Option<u64> {
    Some(match pot {
        token::PATH => 500_000,
        "/cgi-bin/message/subscribe/send" => 10_000_000,
        "/cgi-bin/message/template/send" => 100_000,
        "/cgi-bin/message/mass/preview" => 100,
        "/wxa/generate_urllink" => 500_000,
        "/wxa/media_check_async" => 200_000,
        _ => return None,
    })
}

/// Is a used-up limit (45009, 45011) over at the next full minute? Else it is the day's.
pub(super) fn is_limit_of_a_minute(path: &str, errcode: i64) -> bool {
    errcode == 45011 || path == "/wxa/getwxacodeunlimit"
}

/// Does 45011 speak of one person's haste, not of the account?
pub(super) fn limits_each_person(path: &str) -> bool {
    path.starts_with("/sns/") || path == "/wxa/business/getuserphonenumber"
}

/// Which right of the account it needs.
pub(super) fn ability(path: &str) -> Option<Ability> {
    let begins = |words: &[&str]| words.iter().any(|word| path.starts_with(word));
    Some(match path {
        "/cgi-bin/qrcode/create" => Ability::SceneCode,
        "/cgi-bin/message/custom/send" => Ability::CustomerMessage,
        "/wxa/business/getuserphonenumber" => Ability::PhoneNumber,
        "/wxa/generate_urllink" | "/wxa/generatescheme" => Ability::Links,
        _ if begins(&["/cgi-bin/menu/"]) => Ability::Menu,
        _ if begins(&["/cgi-bin/draft/", "/cgi-bin/material/", "/cgi-bin/media/"]) => {
            Ability::Drafts
        }
        _ if begins(&["/cgi-bin/freepublish/"]) => Ability::Publish,
        _ if begins(&["/cgi-bin/message/mass/"]) => Ability::MassSend,
        _ if begins(&["/datacube/"]) => Ability::Figures,
        _ if begins(&["/cgi-bin/user/", "/cgi-bin/tags/"]) => Ability::Followers,
        _ if begins(&["/cgi-bin/message/template/", "/cgi-bin/template/"]) => Ability::Notices,
        _ if begins(&["/sns/oauth2/", "/sns/userinfo", "/sns/auth"]) => Ability::WebSignIn,
        _ => return None,
    })
}

/// An endpoint in the console's list of what was used.
pub(super) type Listed = (&'static str, &'static str);

/// Of the public account.
pub(super) const OFFICIAL: &[Listed] = &[
    (token::PATH, "取接口凭证"),
    ("/cgi-bin/menu/create", "写菜单"),
    ("/cgi-bin/menu/get", "读菜单"),
    ("/cgi-bin/message/custom/send", "发客服消息"),
    ("/cgi-bin/message/mass/sendall", "群发"),
    ("/cgi-bin/message/mass/preview", "群发预览"),
    ("/cgi-bin/message/template/send", "发模板消息"),
    ("/cgi-bin/draft/add", "建草稿"),
    ("/cgi-bin/draft/batchget", "查草稿"),
    ("/cgi-bin/freepublish/submit", "发布文章"),
    ("/cgi-bin/freepublish/get", "查发布结果"),
    ("/cgi-bin/media/uploadimg", "传文章图片"),
    ("/cgi-bin/material/add_material", "传封面"),
    ("/datacube/getarticletotal", "查阅读数"),
    ("/cgi-bin/user/info", "查关注者"),
    ("/cgi-bin/qrcode/create", "做带参数二维码"),
    ("/cgi-bin/ticket/getticket", "取网页凭证"),
];

/// Of the mini-program.
pub(super) const MINI: &[Listed] = &[
    (token::PATH, "取接口凭证"),
    ("/sns/jscode2session", "登录"),
    ("/wxa/business/getuserphonenumber", "取手机号"),
    ("/cgi-bin/message/subscribe/send", "发订阅消息"),
    ("/cgi-bin/message/custom/send", "发客服消息"),
    ("/wxa/getwxacodeunlimit", "做小程序码"),
    ("/wxa/generate_urllink", "做小程序链接"),
    ("/wxa/msg_sec_check", "检查文字"),
    ("/wxa/media_check_async", "检查图片"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_people_or_uses_up_a_code_is_never_harmless() {
        for path in [
            "/cgi-bin/message/custom/send",
            "/cgi-bin/message/subscribe/send",
            "/cgi-bin/message/template/send",
            "/cgi-bin/message/mass/sendall",
            "/cgi-bin/message/mass/send",
            "/cgi-bin/message/mass/preview",
            "/cgi-bin/draft/add",
            "/cgi-bin/freepublish/submit",
            "/cgi-bin/material/add_material",
            "/sns/jscode2session",
            "/never/heard/of",
        ] {
            assert_eq!(repeat(path), Repeat::Sends, "{path}");
        }
        assert_eq!(repeat("/cgi-bin/draft/batchget"), Repeat::Read);
        assert_eq!(repeat("/cgi-bin/menu/create"), Repeat::Idempotent);
    }

    #[test]
    fn links_and_schemes_are_counted_together() {
        assert_eq!(pot("/wxa/generatescheme"), pot("/wxa/generate_urllink"));
        assert_eq!(daily_limit(pot("/wxa/generatescheme")), Some(500_000));
    }
}

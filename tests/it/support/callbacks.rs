//! What WeChat posts, signed and encrypted; for tests and benches that post it
//! themselves.

use shangxue::wechat::crypto::AesKey;
use shangxue::wechat::signature;

pub const APPID: &str = "wx1234567890abcdef";
pub const TOKEN: &str = "shangxuetoken";
pub const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
/// Our account's name with WeChat.
pub const OURS: &str = "gh_0123456789ab";

/// The configuration of an account with these keys: `official` or `mini`.
pub fn settings(account: &str, mode: &str) -> Vec<(String, String)> {
    [("appid", APPID), ("secret", "secret"), ("token", TOKEN), ("aes_key", KEY), ("mode", mode)]
        .map(|(key, value)| (format!("wechat.{account}.{key}"), value.to_owned()))
        .into()
}

/// A text that somebody wrote.
pub fn text(openid: &str, id: u64, at: i64, words: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{OURS}]]></ToUserName>\
         <FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{at}</CreateTime>\
         <MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{words}]]></Content>\
         <MsgId>{id}</MsgId></xml>"
    )
}

/// An event; `more` is further XML.
pub fn event(openid: &str, at: i64, name: &str, more: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{OURS}]]></ToUserName>\
         <FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{at}</CreateTime>\
         <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{more}</xml>"
    )
}

/// Query and body of one delivery.
pub struct Delivery {
    pub query: String,
    pub body: String,
}

/// Signs, and in safe mode encrypts, what is to be posted.
pub fn deliver(mode: &str, at: i64, nonce: u64, body: &str) -> Delivery {
    let (timestamp, nonce) = (at.to_string(), nonce.to_string());
    let mark = signature::url_signature(TOKEN, &timestamp, &nonce);
    let query = format!("signature={mark}&timestamp={timestamp}&nonce={nonce}");
    if mode == "plain" {
        return Delivery { query, body: body.to_owned() };
    }
    let key = AesKey::parse(KEY).expect("a key");
    let sealed = key.encrypt(body.as_bytes(), APPID).expect("encrypted");
    let mark = signature::msg_signature(TOKEN, &timestamp, &nonce, &sealed);
    Delivery {
        query: format!("{query}&encrypt_type=aes&msg_signature={mark}"),
        body: format!(
            "<xml><ToUserName><![CDATA[{OURS}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        ),
    }
}

/// What a sealed answer says.
pub fn open(answer: &str) -> String {
    let Some((_, rest)) = answer.split_once("<Encrypt><![CDATA[") else {
        return answer.to_owned();
    };
    let sealed = rest.split_once("]]>").expect("an end").0;
    let key = AesKey::parse(KEY).expect("a key");
    String::from_utf8(key.decrypt(sealed, APPID).expect("decrypted")).expect("text")
}

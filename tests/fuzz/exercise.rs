//! What the fuzz targets do with their bytes. The ordinary tests play the seeds
//! through the same functions.

use std::sync::LazyLock;

use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::config::Config;
use shangxue::wechat::crypto::AesKey;
use shangxue::wechat::message::Message;
use shangxue::wechat::{Callback, Incoming, Query, Reply, Wechat, signature};

const APPID: &str = "wxb0ba7fb0e5c5a1d2";
const TOKEN: &str = "fuzzToken2026";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const TIMESTAMP: &str = "1767225600";
const NONCE: &str = "1514711492";

/// The platform as three configurations see it.
struct Modes {
    plain: Wechat,
    compat: Wechat,
    safe: Wechat,
    key: AesKey,
}

static MODES: LazyLock<Modes> = LazyLock::new(|| {
    let with = |mode: &str| {
        let values = [
            ("security.data_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
            ("wechat.timestamp_window_s", "0"),
            ("wechat.official.appid", APPID),
            ("wechat.official.secret", "secret"),
            ("wechat.official.token", TOKEN),
            ("wechat.official.aes_key", KEY),
            ("wechat.official.mode", mode),
        ];
        let values = values.map(|(key, value)| (key, value.to_owned()));
        let config = Config::load_with(None, &values).expect("a good configuration");
        Wechat::new(&config.wechat, Cache::local(), Clock::System).expect("a client")
    };
    Modes {
        plain: with("plain"),
        compat: with("compat"),
        safe: with("safe"),
        key: AesKey::parse(KEY).expect("a good key"),
    }
});

fn callback(wechat: &Wechat) -> &Callback {
    wechat.official().callback().expect("configured")
}

/// Signed as WeChat signs; `encrypt` is what stands in `Encrypt`.
fn query(encrypt: &str) -> Query<'static> {
    Query {
        signature: Some(signature::url_signature(TOKEN, TIMESTAMP, NONCE).to_string().into()),
        timestamp: Some(TIMESTAMP.into()),
        nonce: Some(NONCE.into()),
        echostr: None,
        msg_signature: Some(
            signature::msg_signature(TOKEN, TIMESTAMP, NONCE, encrypt).to_string().into(),
        ),
    }
}

fn open_plain(body: &[u8]) -> Option<Incoming> {
    callback(&MODES.plain).open(&query(""), body, Clock::System.now()).ok()
}

/// `message` as the platform would encrypt it, in the envelope that `shape` says.
fn open_encrypted(shape: u8, message: &[u8]) -> Option<Incoming> {
    let random = *b"0123456789abcdef";
    let encrypt = MODES.key.encrypt_with(&random, message, APPID).expect("shorter than 4 GiB");
    let (wechat, body) = match shape % 3 {
        0 => (
            &MODES.safe,
            format!(
                "<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
            ),
        ),
        1 => (&MODES.safe, format!("{{\"ToUserName\":\"gh\",\"Encrypt\":\"{encrypt}\"}}")),
        // The plain copy must not count.
        _ => (
            &MODES.compat,
            format!(
                "<xml><FromUserName>x</FromUserName><MsgType>text</MsgType><Encrypt>{encrypt}</Encrypt></xml>"
            ),
        ),
    };
    callback(wechat).open(&query(&encrypt), body.as_bytes(), Clock::System.now()).ok()
}

/// What holds for whatever was opened.
fn check(wechat: &Wechat, incoming: &Incoming) {
    assert!(incoming.dedup_key().len() <= 200);
    assert!(incoming.message.kind().chars().count() <= 64);
    if let Some(raw) = incoming.message.unknown() {
        let names = raw.fields().keys().map(String::len).sum::<usize>();
        assert!(names <= 4096);
    }
    let reply = Reply::Text("好".to_owned());
    let answer = incoming.answer(&reply, Clock::System.now());
    callback(wechat).seal(incoming, &answer, Clock::System.now()).expect("randomness");
}

/// A callback in one of the envelopes, rightly signed, so that the bytes get as far as
/// the parser; and the bytes themselves as a body.
pub fn open(data: &[u8]) {
    let Some((shape, message)) = data.split_first() else { return };
    let now = Clock::System.now();
    let _raw = callback(&MODES.safe).open(&query("x"), data, now);
    let _raw = MODES.key.decrypt(&String::from_utf8_lossy(message), APPID);
    let encrypted = open_encrypted(*shape, message);
    if let Some(incoming) = &encrypted {
        check(&MODES.safe, incoming);
    }
    // The envelope changes nothing of what is said.
    let plain = open_plain(message);
    assert_eq!(plain.map(|plain| plain.message), encrypted.map(|encrypted| encrypted.message));
}

/// A body as it is, and its bytes as the words of a message that must come back.
pub fn tree(data: &[u8]) {
    if let Some(incoming) = open_plain(data) {
        check(&MODES.plain, &incoming);
    }
    let Ok(words) = std::str::from_utf8(data) else { return };
    if words.len() > 2048 {
        return;
    }
    let written = Reply::Text(words.to_owned()).to_xml("o", "gh", 1);
    let read = open_plain(written.as_bytes()).expect("what we write can be read");
    let kept: String = words
        .chars()
        .filter(|c| {
            matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        })
        .collect();
    assert!(matches!(read.message, Message::Text { content, .. } if content == kept));
}

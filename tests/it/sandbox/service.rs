//! A service that keeps what it is sent, and WeChat's side of the crypto.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Data, Path, Query};
use poem::{EndpointExt, Route, Server, handler};
use sha1::{Digest, Sha1};
use shangxue::sandbox::AccountKeys;

use super::Platform;

/// Account, query and body of a callback.
pub(super) type Seen = (String, HashMap<String, String>, String);

/// A service that keeps what it is sent and answers what it is told.
#[derive(Clone, Default)]
pub(super) struct Service {
    pub(super) seen: Arc<Mutex<Vec<Seen>>>,
    pub(super) answers: Arc<Mutex<Vec<(u16, String)>>>,
}

#[handler]
fn callback(
    Path(account): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    body: String,
    Data(service): Data<&Service>,
) -> poem::Response {
    service.seen.lock().unwrap().push((account, query, body));
    let (status, answer) =
        service.answers.lock().unwrap().pop().unwrap_or((200, "success".to_owned()));
    let status = poem::http::StatusCode::from_u16(status).expect("a status");
    poem::Response::builder().status(status).body(answer)
}

impl Service {
    pub(super) async fn start(platform: &Platform) -> Self {
        let service = Self::default();
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a free port");
        let address = acceptor.local_addr()[0].as_socket_addr().copied().expect("TCP");
        let app = Route::new().at("/wechat/:account", poem::post(callback)).data(service.clone());
        tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
        platform.sandbox.set_service_url(&format!("http://{address}"));
        service
    }

    pub(super) fn answer(&self, answer: &str) {
        self.answers.lock().unwrap().push((200, answer.to_owned()));
    }

    pub(super) fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().expect("a callback")
    }
}

pub(super) fn sha1(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    hex::encode(Sha1::digest(parts.concat()))
}

pub(super) fn key(keys: &AccountKeys) -> ([u8; 32], [u8; 16]) {
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::general_purpose::PAD.with_decode_allow_trailing_bits(true),
    );
    let key: [u8; 32] =
        engine.decode(format!("{}=", keys.aes_key)).expect("base64").try_into().expect("32 bytes");
    (key, key[..16].try_into().expect("16 bytes"))
}

pub(super) fn open(keys: &AccountKeys, sealed: &str) -> String {
    let (key, iv) = key(keys);
    let plain = cbc::Decryptor::<aes::Aes256>::new(&key.into(), &iv.into())
        .decrypt_padded_vec::<NoPadding>(&STANDARD.decode(sealed).expect("base64"))
        .expect("whole blocks");
    let plain = &plain[..plain.len() - usize::from(plain[plain.len() - 1])];
    let length = u32::from_be_bytes(plain[16..20].try_into().expect("4 bytes")) as usize;
    assert_eq!(&plain[20 + length..], keys.appid.as_bytes());
    String::from_utf8(plain[20..20 + length].to_vec()).expect("UTF-8")
}

pub(super) fn seal(keys: &AccountKeys, message: &str, spoil: bool) -> String {
    let (key, iv) = key(keys);
    let length = u32::try_from(message.len()).expect("short").to_be_bytes();
    let mut plain =
        [b"0123456789abcdef", length.as_slice(), message.as_bytes(), keys.appid.as_bytes()]
            .concat();
    let padding = 32 - plain.len() % 32;
    plain.resize(plain.len() + padding, u8::try_from(padding).expect("at most 32"));
    let sealed = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &iv.into())
        .encrypt_padded_vec::<NoPadding>(&plain);
    let sealed = STANDARD.encode(sealed);
    let token = if spoil { "another" } else { keys.token.as_str() };
    let signature = sha1(&[token, "1767225600", "77", &sealed]);
    format!(
        "<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature><TimeStamp>1767225600</TimeStamp><Nonce><![CDATA[77]]></Nonce></xml>"
    )
}

pub(super) fn text_reply(keys: &AccountKeys, openid: &str, text: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{openid}]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName><CreateTime>1767225600</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>",
        keys.original_id
    )
}

pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("both marks").0
}

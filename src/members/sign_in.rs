//! Signing in with a code of WeChat's: of the mini-program, or of a page in WeChat's own
//! browser (OAuth2 of the public account).
//!
//! A page is sent away with a `state` and keeps a `key` that fits it alone. Only the
//! browser that holds the key can use what comes back, so that nobody is signed in as
//! somebody else by a link. Both follow from the vault: a sign-in that is never finished
//! leaves nothing behind.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;
use subtle::ConstantTimeEq;

use entity::ids::ResidentId;
use entity::kinds::WechatAccount;

use super::{SignedIn, issue_session, lives, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::vault;
use crate::wechat::official::OauthScope;
use crate::wechat::{self, Ability, Class, LoginSession};

/// A code that another tap is just redeeming is looked for so often, so far apart.
const WAIT_FOR_OTHER_TAP: (u32, Duration) = (10, Duration::from_millis(100));

/// WeChat takes a login code once and for five minutes; a double tap within that
/// time gets the same answer from us.
const CODE_REMEMBERED: Duration = Duration::from_secs(300);

/// A page has to be back from WeChat within this time.
const STATE_LIVES: Duration = Duration::from_secs(600);

/// Digits of the time that a state begins with.
const TIME_DIGITS: usize = 10;

/// A page on its way to WeChat.
pub struct WebSignIn {
    /// Where the browser goes.
    pub url: String,
    /// With what it comes back.
    pub state: String,
    /// What it has to keep meanwhile.
    pub key: String,
}

/// Signs in with the code of `wx.login`.
///
/// # Errors
/// `login_code_invalid`: used, too old or made up; `wechat_unavailable`.
pub async fn sign_in(app: &App, code: &str) -> Result<SignedIn> {
    let account = WechatAccount::Mini;
    let session = person_of(app, account, code.trim()).await?;
    enter(app, account, &session).await
}

/// Sends a page in WeChat's browser to WeChat, which says nothing to the person.
///
/// # Errors
/// `web_sign_in_unavailable`: this account may not (verified 服务号 alone).
pub fn begin_web_sign_in(app: &App) -> Result<WebSignIn> {
    let official = app.wechat.official();
    if !official.can(Ability::WebSignIn) {
        return Err(Error::conflict("web_sign_in_unavailable", "这里不能直接登录。")
            .or_else("有事请打中心电话。", Some("/help".to_owned())));
    }
    let lives_s = TimeDelta::seconds(STATE_LIVES.as_secs().cast_signed());
    let ends = (app.clock.now() + lives_s).timestamp();
    let random = hex::encode(vault::random::<16>()?);
    let state = format!("{ends:0TIME_DIGITS$}{random}");
    let redirect = format!("{}/m/", app.config.server.public_url);
    let url = official.authorize_url(&redirect, OauthScope::Base, &state)?;
    Ok(WebSignIn { url, key: key_of(app, &state), state })
}

fn key_of(app: &App, state: &str) -> String {
    app.vault.fingerprint("web-sign-in", state)
}

/// Signs in a page that came back from WeChat.
///
/// # Errors
/// `sign_in_outdated`: begun too long ago, elsewhere, or finished already;
/// `login_code_invalid`; `snapshot_visitor`: WeChat shows a preview, to nobody;
/// `wechat_unavailable`.
pub async fn sign_in_from_web(app: &App, code: &str, state: &str, key: &str) -> Result<SignedIn> {
    let account = WechatAccount::Official;
    let ends = state.get(..TIME_DIGITS).and_then(|digits| digits.parse().ok());
    let in_time = ends.is_some_and(|ends: i64| app.clock.now().timestamp() < ends);
    let ours: bool = key_of(app, state).as_bytes().ct_eq(key.as_bytes()).into();
    if !ours || !in_time || !first_use(app, state, code).await {
        return Err(Error::conflict("sign_in_outdated", "等得太久了，请再登录一次。"));
    }
    let session = person_of(app, account, code.trim()).await?;
    let session = with_unionid(app, session).await?;
    enter(app, account, &session).await
}

/// A state is good for one code, which may be sent again. Without the shared cache
/// WeChat's word alone counts, which takes a code once.
async fn first_use(app: &App, state: &str, code: &str) -> bool {
    let name = format!("web-sign-in:{}", vault::token_hash(state));
    let code = vault::token_hash(code);
    match app.cache.set_if_absent(&name, &code, STATE_LIVES).await {
        Ok(true) => true,
        Ok(false) => match app.cache.get(&name).await {
            Ok(used) => used.is_none_or(|used| used == code),
            Err(_) => true,
        },
        Err(error) => {
            tracing::warn!(cause = %error, "the use of a sign-in cannot be noted");
            true
        }
    }
}

/// WeChat names to a page the openid alone. Of a follower it says more when it is asked:
/// somebody known from the mini-program is not to become a second resident.
async fn with_unionid(app: &App, mut session: LoginSession) -> Result<LoginSession> {
    let official = app.wechat.official();
    let alone = app.config.wechat.mini.appid.is_empty();
    if alone || session.unionid.is_some() || !official.can(Ability::Followers) {
        return Ok(session);
    }
    if store::identity(app.db.read(), WechatAccount::Official, &session.openid).await?.is_some() {
        return Ok(session);
    }
    match official.user_info(&session.openid).await {
        Ok(info) => session.unionid = info.unionid,
        Err(error) => match error.class() {
            Class::NotSent | Class::MaybeSent | Class::BackOff | Class::Token => {
                return Err(error.into());
            }
            _ => tracing::info!(%error, "who signs in from the web has no unionid"),
        },
    }
    Ok(session)
}

/// Opens a session for whoever WeChat says it is.
async fn enter(app: &App, account: WechatAccount, session: &LoginSession) -> Result<SignedIn> {
    // Of two first sign-ins at once, the second finds the openid taken and reads again.
    for _ in 0..3 {
        let tx = app.db.begin().await?;
        let Some(id) = resident_of(&tx, account, session, app.clock.now()).await? else {
            // Undoes the resident that was made in vain.
            tx.rollback().await?;
            continue;
        };
        let (token, expires_at) = issue_session(app, &tx, id).await?;
        tx.commit().await?;
        return Ok(SignedIn { token, expires_at, resident_id: id });
    }
    Err(Error::internal("an openid is taken and not to be found"))
}

fn code_invalid(account: WechatAccount) -> Error {
    let words = match account {
        WechatAccount::Mini => "登录已过期，请在微信里重新打开。",
        WechatAccount::Official => "登录没有成功，请再试一次。",
    };
    Error::invalid("login_code_invalid", words)
}

/// What WeChat says of a code; a repeated code is answered from memory.
async fn person_of(app: &App, account: WechatAccount, code: &str) -> Result<LoginSession> {
    if code.is_empty() || code.len() > 256 {
        return Err(code_invalid(account));
    }
    let key = format!("login:{}:{}", account.as_str(), vault::token_hash(code));
    if let Some(session) = remembered(app, &key).await {
        return Ok(session);
    }
    let error = match redeem(app, account, code).await {
        Ok(Some(session)) => {
            remember(app, &key, &session).await;
            return Ok(session);
        }
        Ok(None) => {
            let words = "现在看的是预览。请点“使用完整服务”，再登录。";
            return Err(Error::forbidden("snapshot_visitor", words));
        }
        Err(error) => error,
    };
    if error.is(40163) {
        // Used: by the other tap, which has the answer or is about to have it.
        let (times, apart) = WAIT_FOR_OTHER_TAP;
        for _ in 0..times {
            if let Some(session) = remembered(app, &key).await {
                return Ok(session);
            }
            tokio::time::sleep(apart).await;
        }
    }
    Err(match error.errcode {
        Some(40029 | 40163 | 41008) => code_invalid(account).with_source(error),
        Some(40226) => {
            Error::forbidden("login_blocked", "微信暂时不让这个账号登录，请打中心电话。")
                .with_source(error)
        }
        _ => error.into(),
    })
}

/// `None`: a visitor of a preview, whose openid is made up.
async fn redeem(
    app: &App,
    account: WechatAccount,
    code: &str,
) -> Result<Option<LoginSession>, wechat::Error> {
    match account {
        WechatAccount::Mini => app.wechat.mini().login(code).await.map(Some),
        WechatAccount::Official => {
            let grant = app.wechat.official().exchange_code(code).await?;
            let session = LoginSession { openid: grant.openid, unionid: grant.unionid };
            Ok((!grant.snapshot).then_some(session))
        }
    }
}

async fn remembered(app: &App, key: &str) -> Option<LoginSession> {
    let sealed = app.cache.get(key).await.ok().flatten()?;
    let kept = app.vault.open("login", &sealed).ok()?;
    let (openid, unionid) = kept.split_once('\n')?;
    let unionid = (!unionid.is_empty()).then(|| unionid.to_owned());
    Some(LoginSession { openid: openid.to_owned(), unionid })
}

/// Sealed, since openids are personal. Forgetting costs a double tap its answer, no more.
async fn remember(app: &App, key: &str, session: &LoginSession) {
    let kept = format!("{}\n{}", session.openid, session.unionid.as_deref().unwrap_or_default());
    let outcome = match app.vault.seal("login", &kept) {
        Ok(sealed) => app.cache.set(key, &sealed, CODE_REMEMBERED).await.map_err(Error::internal),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(cause = %error.chain(), "a login code cannot be remembered");
    }
}

/// The resident of an openid, known or new; `None` when another was faster.
async fn resident_of(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    session: &LoginSession,
    now: DateTime<Utc>,
) -> Result<Option<ResidentId>> {
    let unionid = session.unionid.as_deref();
    if let Some(unionid) = unionid {
        store::one_at_a_time(tx, &format!("unionid:{unionid}")).await?;
    }
    if let Some(id) = store::identity(tx, account, &session.openid).await? {
        if !lives(tx, id).await? {
            return Ok(None);
        }
        if let Some(unionid) = unionid
            && store::note_unionid(tx, account, &session.openid, unionid).await?
        {
            link_follower(tx, id, now).await?;
        }
        return Ok(Some(id));
    }
    let known = match unionid {
        Some(unionid) => store::by_unionid(tx, unionid).await?,
        None => None,
    };
    let id = match known {
        Some(id) if !lives(tx, id).await? => return Ok(None),
        Some(id) => id,
        None => store::insert(tx, now).await?,
    };
    let official = account == WechatAccount::Official;
    if official && store::openid(tx, id, account).await?.is_some() {
        // A resident has one follower. That WeChat knows them by unionid lets them in all
        // the same; which of the two is theirs, staff are asked when they follow.
        return Ok(Some(id));
    }
    let added = store::add_identity(tx, id, account, &session.openid, unionid, now).await?;
    if added && (official || unionid.is_some()) {
        link_follower(tx, id, now).await?;
    }
    Ok(added.then_some(id))
}

/// The rooms above may know more of somebody whose openid or unionid just came.
async fn link_follower(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    outbox::enqueue(tx, &Job::LinkFollower { resident }, now, now).await.map(drop)
}

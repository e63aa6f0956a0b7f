//! Passwords: which are good enough, and how they are kept (Argon2id, PHC form).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Fewer characters are refused.
const MIN_CHARS: usize = 10;

/// Longer ones are refused, since hashing takes its time.
const MAX_BYTES: usize = 200;

/// A login of fewer characters may be part of a password by chance.
const LOGIN_IN_PASSWORD_FROM: usize = 4;

/// How many passwords are looked at at a time: each takes 19 MiB and a core, and
/// whoever floods the sign-in must not take all of either.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Of nothing that anyone could type.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2hhbmd4dWUtbm9ib2R5$6VgYxVSJcVTSnZRMTNYzvLrdCDNZC2sTGXqXNcCj9Hk";

/// # Errors
/// A sentence that says what is missing.
pub(super) fn check(password: &str, login: &str) -> Result<()> {
    let refuse = |message: &'static str| Err(Error::invalid("weak_password", message));
    if password.chars().count() < MIN_CHARS {
        return refuse("密码至少要 10 个字符。可以用一句容易记的话。");
    }
    if password.len() > MAX_BYTES {
        return refuse("密码太长了。");
    }
    let (lower, login) = (password.to_lowercase(), login.to_lowercase());
    if login.len() >= LOGIN_IN_PASSWORD_FROM && lower.contains(&login) {
        return refuse("密码里不要带登录名。");
    }
    let mut kinds: Vec<char> = password.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() < 5 {
        return refuse("密码太简单，请多用几种不同的字符。");
    }
    Ok(())
}

/// Takes tens of milliseconds of a core, so it runs beside the others.
pub(super) async fn hash(password: String) -> Result<String> {
    let _turn = AT_ONCE.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || {
        let hash: PasswordHash = Argon2::default()
            .hash_password(password.as_bytes())
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(hash.to_string())
    })
    .await
    .map_err(Error::internal)?
}

/// Does the same work whether there is a hash or not: the time tells nobody which
/// logins exist.
pub(super) async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    let _turn = AT_ONCE.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let fits = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
        Ok(known && fits)
    })
    .await
    .map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for weak in ["short", "1111111111", "teacher12345", &"x1y2z3".repeat(50)] {
            assert!(check(weak, "teacher").is_err(), "{weak}");
        }
        assert!(check("下雨天也要去上课呀2026", "teacher").is_ok());
        assert!(check("li-hua-kai-le", "li").is_ok());
    }

    #[tokio::test]
    async fn an_unknown_login_costs_what_a_known_one_does() {
        let nobody = PasswordHash::new(NOBODY).expect("it can be read, or nothing is computed");
        let known = hash("a-good-password".to_owned()).await.expect("hashed");
        let known = PasswordHash::new(&known).expect("read");
        assert_eq!(
            (nobody.algorithm, nobody.version, nobody.params),
            (known.algorithm, known.version, known.params)
        );
        assert_eq!(nobody.hash.map(|hash| hash.len()), known.hash.map(|hash| hash.len()));
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash("a-good-password".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("a-good-password".to_owned(), Some(hash.clone())).await.expect("verified"));
        assert!(!verify("another-password".to_owned(), Some(hash)).await.expect("verified"));
        assert!(!verify("a-good-password".to_owned(), None).await.expect("verified"));
    }
}

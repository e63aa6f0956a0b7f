//! 学员卡: a card that says whose it is, and that nobody else could have made.
//!
//! `NUMBER.SERIAL.SIGNATURE`, in an ordinary link: any camera opens a page that says what it
//! is and nothing of the person. The signature (Ed25519) is checked without network, by
//! whoever has the public key; a card that was lost is dead by its serial.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey};
use sea_orm::DatabaseTransaction;

use entity::ids::ResidentId;

use super::store::cards as store;
use crate::app::App;
use crate::error::{Error, Result};
use crate::family;
use crate::members::{self, Person};
use crate::staff::{self, Colleague};
use crate::vault::Vault;

/// Before what is signed: a signature of ours for another purpose is none of a card.
pub(super) const CONTEXT: &str = "shangxue learner card 1\n";

/// A card as it is shown or printed.
#[derive(Clone, Debug)]
pub struct Card {
    pub person: Person,
    pub serial: i32,
    pub issued_at: DateTime<Utc>,
    /// What the QR code says.
    pub link: String,
}

/// A card as it was scanned: genuine, but perhaps no longer the live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Genuine {
    pub(super) number: String,
    pub(super) serial: i32,
}

/// Why what was scanned is no card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCard {
    /// Something else.
    Unreadable,
    /// Not signed by us, or altered.
    Forged,
}

fn key(vault: &Vault) -> SigningKey {
    SigningKey::from_bytes(&vault.mac("learner card", b"ed25519 seed"))
}

/// For checking cards without network, in base64 (URL-safe).
pub fn public_key(app: &App) -> String {
    URL_SAFE_NO_PAD.encode(key(&app.vault).verifying_key().as_bytes())
}

/// A signature under the key of the cards; what is signed begins with its own context.
pub(super) fn sign(vault: &Vault, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(key(vault).sign(text.as_bytes()).to_bytes())
}

fn signed(number: &str, serial: &str) -> String {
    format!("{CONTEXT}{number}.{serial}")
}

fn token(vault: &Vault, number: &str, serial: i32) -> String {
    format!("{number}.{serial}.{}", sign(vault, &signed(number, &serial.to_string())))
}

/// Whether it is the link of a card, genuine or not.
pub(super) fn looks_like_one(scanned: &str) -> bool {
    scanned.contains("?k=")
}

/// Reads a bare card, or a link that ends in `?k=CARD`.
pub(super) fn read(vault: &Vault, scanned: &str) -> Result<Genuine, NoCard> {
    let scanned = scanned.trim();
    let token = match scanned.split_once("?k=") {
        Some((_, token)) => token.split(['&', '#']).next().unwrap_or_default(),
        None => scanned,
    };
    let mut parts = token.split('.');
    let (Some(number), Some(serial), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(if looks_like_one(scanned) { NoCard::Forged } else { NoCard::Unreadable });
    };
    let genuine = || {
        let bytes = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::from_slice(&bytes).ok()?;
        // What is signed are the very characters, so there is one way to write a card.
        key(vault)
            .verifying_key()
            .verify_strict(signed(number, serial).as_bytes(), &signature)
            .ok()?;
        Some(Genuine { number: number.to_owned(), serial: serial.parse().ok()? })
    };
    genuine().ok_or(NoCard::Forged)
}

/// A learner's live card; the first is issued when it is first asked for.
///
/// # Errors
/// `consent_needed`, `profile_needed`.
pub async fn mine(app: &App, resident: ResidentId) -> Result<Card> {
    members::ready(app, app.db.read(), resident).await?;
    let tx = app.db.begin().await?;
    let card = live_or_new(app, &tx, resident).await?;
    tx.commit().await?;
    shown(app, resident, &card).await
}

async fn live_or_new(
    app: &App,
    tx: &DatabaseTransaction,
    resident: ResidentId,
) -> Result<entity::learner_card::Model> {
    members::lock(tx, resident).await?;
    match store::live(tx, resident).await? {
        Some(card) => Ok(card),
        None => store::issue(tx, resident, app.clock.now()).await,
    }
}

/// A lost card: it is dead at once, and there is a new one.
///
/// # Errors
/// `consent_needed`, `profile_needed`.
pub async fn replace_mine(app: &App, resident: ResidentId) -> Result<Card> {
    members::ready(app, app.db.read(), resident).await?;
    let tx = app.db.begin().await?;
    let card = anew(app, &tx, resident, "本人说卡丢了").await?;
    tx.commit().await?;
    shown(app, resident, &card).await
}

async fn anew(
    app: &App,
    tx: &DatabaseTransaction,
    resident: ResidentId,
    why: &str,
) -> Result<entity::learner_card::Model> {
    let now = app.clock.now();
    members::lock(tx, resident).await?;
    store::end(tx, resident, why, now).await?;
    store::issue(tx, resident, now).await
}

/// The card of somebody, to be printed; it stands in the audit.
///
/// # Errors
/// `no_resident`, `out_of_scope`, `no_name`.
pub async fn printed(app: &App, who: &Colleague, resident: ResidentId) -> Result<Card> {
    family::within_scope(app, who, resident).await?;
    let tx = app.db.begin().await?;
    let card = live_or_new(app, &tx, resident).await?;
    noted(app, &tx, who, resident, ("card.printed", None)).await?;
    tx.commit().await?;
    shown(app, resident, &card).await
}

/// Somebody lost their card and says so at the counter or by phone.
///
/// # Errors
/// `no_resident`, `out_of_scope`, `no_name`, `reason_needed`.
pub async fn replace_for(
    app: &App,
    who: &Colleague,
    resident: ResidentId,
    why: &str,
) -> Result<Card> {
    let why = super::reason(Some(why))?
        .ok_or_else(|| Error::invalid("reason_needed", "请写明为什么换卡。"))?;
    family::within_scope(app, who, resident).await?;
    let tx = app.db.begin().await?;
    let card = anew(app, &tx, resident, &why).await?;
    noted(app, &tx, who, resident, ("card.replaced", Some(&why))).await?;
    tx.commit().await?;
    shown(app, resident, &card).await
}

async fn noted(
    app: &App,
    tx: &DatabaseTransaction,
    who: &Colleague,
    resident: ResidentId,
    (action, why): (&str, Option<&str>),
) -> Result<()> {
    let object = format!("resident:{resident}");
    staff::record(tx, Some(who.id), action, &object, why, app.clock.now()).await
}

/// Of an erased resident: no card of theirs is good.
///
/// # Errors
/// The database.
pub async fn forget_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    store::end(tx, resident, "学员已注销", now).await
}

async fn shown(
    app: &App,
    resident: ResidentId,
    card: &entity::learner_card::Model,
) -> Result<Card> {
    let mut people = members::people(app, app.db.read(), &[resident]).await?;
    let person = people
        .remove(&resident)
        .ok_or_else(|| Error::not_found("no_resident", "没有找到这位居民。"))?;
    let token = token(&app.vault, &person.learner_number, card.serial);
    Ok(Card {
        link: format!("{}/m/?k={token}", app.config.server.public_url),
        serial: card.serial,
        issued_at: card.issued_at,
        person,
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use secrecy::SecretString;

    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&SecretString::from(STANDARD.encode([byte; 32]))).expect("32 bytes")
    }

    #[test]
    fn a_card_is_genuine_for_one_number_and_serial_of_one_centre() {
        let card = token(&vault(1), "2026000001", 3);
        let genuine = Genuine { number: "2026000001".to_owned(), serial: 3 };
        assert_eq!(read(&vault(1), &card), Ok(genuine.clone()));
        let link = format!("https://example.org/m/?k={card}#/");
        assert_eq!(read(&vault(1), &link), Ok(genuine));
        assert_eq!(read(&vault(2), &card), Err(NoCard::Forged));
        for forged in [
            card.replacen(".3.", ".4.", 1),
            card.replacen(".3.", ".03.", 1),
            card.replacen(".3.", ".+3.", 1),
            card.replacen("000001", "000002", 1),
            format!("{card}A"),
            format!("{card}="),
        ] {
            assert_eq!(read(&vault(1), &forged), Err(NoCard::Forged), "{forged}");
        }
        for other in ["", "2026000001", "https://example.org/m/?c=1.2.abc#", "1.2", "a.b.c.d"] {
            assert_eq!(read(&vault(1), other), Err(NoCard::Unreadable), "{other}");
        }
    }

    #[test]
    fn no_byte_can_be_changed() {
        let card = token(&vault(1), "2026000001", 1);
        for at in 0..card.len() {
            for flip in [0x01, 0x02, 0x10, 0x20] {
                let mut bytes = card.clone().into_bytes();
                bytes[at] ^= flip;
                let Ok(altered) = String::from_utf8(bytes) else { continue };
                assert!(read(&vault(1), &altered).is_err(), "{at}: {altered}");
            }
        }
    }
}

//! The only queries on residents, their openids, consents and sessions.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, SqlErr, Statement,
};
use sha2::{Digest, Sha256};

use entity::ids::{CommunityId, ErasureId, ResidentId};
use entity::kinds::{ActorKind, ConsentKind, ErasureScope, NameState, WechatAccount};
use entity::{community, consent, erasure, resident, resident_session, wechat_identity};

use crate::clock;
use crate::error::{Error, Result};
use crate::sql::among;
use crate::vault;

pub(super) mod papers;
pub(super) mod sign_in;

/// Rows in one statement: SQLite takes 32,766 values.
const ROWS_AT_ONCE: usize = 500;

pub(super) async fn by_id(
    conn: &impl ConnectionTrait,
    id: ResidentId,
) -> Result<Option<resident::Model>> {
    Ok(resident::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn lock(
    tx: &DatabaseTransaction,
    id: ResidentId,
) -> Result<Option<resident::Model>> {
    // `NO KEY`: others may meanwhile write rows that point at this person (a notice
    // from a job that holds a class), or the two would wait for each other.
    Ok(resident::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// Locks many in the order of their ids, so that two who do it do not wait for each
/// other; those who are not erased.
pub(super) async fn lock_all(
    tx: &DatabaseTransaction,
    ids: &[ResidentId],
) -> Result<Vec<ResidentId>> {
    let rows: Vec<(ResidentId, Option<DateTime<Utc>>)> = resident::Entity::find()
        .select_only()
        .columns([resident::Column::Id, resident::Column::ErasedAt])
        .filter(among(tx, resident::Column::Id, ids))
        .order_by_asc(resident::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().filter(|(_, erased)| erased.is_none()).map(|(id, _)| id).collect())
}

pub(super) async fn names(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<Vec<(ResidentId, Option<String>, NameState)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(resident::Entity::find()
        .select_only()
        .columns([resident::Column::Id, resident::Column::Name, resident::Column::NameState])
        .filter(among(conn, resident::Column::Id, ids))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn by_ids(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<Vec<resident::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(resident::Entity::find().filter(among(conn, resident::Column::Id, ids)).all(conn).await?)
}

/// Who has this number and is not erased.
pub(super) async fn by_number(
    conn: &impl ConnectionTrait,
    learner_number: &str,
) -> Result<Option<resident::Model>> {
    Ok(resident::Entity::find()
        .filter(resident::Column::LearnerNumber.eq(learner_number))
        .filter(resident::Column::ErasedAt.is_null())
        .one(conn)
        .await?)
}

/// A new resident with a number of their own, of whom nothing is known yet.
pub(super) async fn insert(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<ResidentId> {
    let made = insert_all(tx, vec![Changes::default()], now).await?;
    made.first().copied().ok_or_else(|| Error::internal("a new resident is missing"))
}

/// New residents with numbers of their own (the year and six random digits), in the order
/// in which they are given.
pub(super) async fn insert_all(
    tx: &DatabaseTransaction,
    new: Vec<Changes>,
    now: DateTime<Utc>,
) -> Result<Vec<ResidentId>> {
    let year = clock::local_date(now).year();
    let mut made: Vec<Option<ResidentId>> = vec![None; new.len()];
    // A taken number is drawn again; on PostgreSQL a plain violation would end the transaction.
    for _ in 0..20 {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for nth in (0..new.len()).filter(|nth| made[*nth].is_none()) {
            let digits = u32::from_le_bytes(vault::random::<4>()?) % 1_000_000;
            // Of two who draw the same one draws again.
            numbers.entry(format!("{year}{digits:06}")).or_insert(nth);
        }
        let drawn: Vec<(&String, &usize)> = numbers.iter().collect();
        for some in drawn.chunks(ROWS_AT_ONCE) {
            let rows = some.iter().map(|(number, nth)| new_row(number, &new[**nth], now));
            let once = OnConflict::column(resident::Column::LearnerNumber).do_nothing().to_owned();
            let there = resident::Entity::insert_many(rows).on_conflict(once);
            for row in there.exec_with_returning(tx).await? {
                if let Some(nth) = numbers.get(&row.learner_number) {
                    made[*nth] = Some(row.id);
                }
            }
        }
        if made.iter().all(Option::is_some) {
            return Ok(made.into_iter().flatten().collect());
        }
    }
    Err(Error::internal("no free learner number was found"))
}

fn new_row(number: &str, new: &Changes, now: DateTime<Utc>) -> resident::ActiveModel {
    let phone = new.phone.clone();
    resident::ActiveModel {
        learner_number: Set(number.to_owned()),
        name: Set(new.name.clone()),
        birth_date: Set(new.birth_date),
        community_id: Set(new.community),
        phone_sealed: Set(phone.as_ref().map(|phone| phone.sealed.clone())),
        phone_hash: Set(phone.as_ref().map(|phone| phone.hash.clone())),
        phone_tail_hash: Set(phone.map(|phone| phone.tail_hash)),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

pub(super) async fn identity(
    conn: &impl ConnectionTrait,
    account: WechatAccount,
    openid: &str,
) -> Result<Option<ResidentId>> {
    let row = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::Account.eq(account))
        .filter(wechat_identity::Column::Openid.eq(openid))
        .one(conn)
        .await?;
    Ok(row.map(|row| row.resident_id))
}

pub(super) async fn by_unionid(
    conn: &impl ConnectionTrait,
    unionid: &str,
) -> Result<Option<ResidentId>> {
    let row = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::Unionid.eq(unionid))
        .order_by_asc(wechat_identity::Column::Id)
        .one(conn)
        .await?;
    Ok(row.map(|row| row.resident_id))
}

/// Of two who do the same at once (come with one unionid, from either account; enter people)
/// the second waits until the first is done. SQLite has one writer anyway.
pub(super) async fn one_at_a_time(tx: &DatabaseTransaction, what: &str) -> Result<()> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(what).into();
    let key = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let lock = "SELECT pg_advisory_xact_lock($1)";
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, [key.into()])).await?;
    Ok(())
}

pub(super) async fn openid(
    conn: &impl ConnectionTrait,
    id: ResidentId,
    account: WechatAccount,
) -> Result<Option<String>> {
    let row = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::ResidentId.eq(id))
        .filter(wechat_identity::Column::Account.eq(account))
        .order_by_desc(wechat_identity::Column::Id)
        .one(conn)
        .await?;
    Ok(row.map(|row| row.openid))
}

/// Notes the unionid of a known openid: accounts are bound together later than
/// people begin to use them. False when one is noted already.
pub(super) async fn note_unionid(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    openid: &str,
    unionid: &str,
) -> Result<bool> {
    use wechat_identity::Column;
    let noted = wechat_identity::Entity::update_many()
        .col_expr(Column::Unionid, Expr::value(unionid))
        .filter(Column::Account.eq(account))
        .filter(Column::Openid.eq(openid))
        .filter(Column::Unionid.is_null())
        .exec(tx)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// False when this openid belongs to somebody already.
pub(super) async fn add_identity(
    tx: &DatabaseTransaction,
    id: ResidentId,
    account: WechatAccount,
    openid: &str,
    unionid: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = wechat_identity::ActiveModel {
        resident_id: Set(id),
        account: Set(account),
        openid: Set(openid.to_owned()),
        unionid: Set(unionid.map(str::to_owned)),
        created_at: Set(now),
        ..Default::default()
    };
    let once =
        OnConflict::columns([wechat_identity::Column::Account, wechat_identity::Column::Openid])
            .do_nothing()
            .to_owned();
    Ok(wechat_identity::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?
        == 1)
}

pub(super) async fn open_session(
    tx: &DatabaseTransaction,
    id: ResidentId,
    token_hash: String,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let row = resident_session::ActiveModel {
        resident_id: Set(id),
        token_hash: Set(token_hash),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// The sessions of these tokens that were not revoked; they may have run out.
pub(super) async fn sessions(
    conn: &impl ConnectionTrait,
    token_hashes: &[String],
) -> Result<Vec<resident_session::Model>> {
    Ok(resident_session::Entity::find()
        .filter(among(conn, resident_session::Column::TokenHash, token_hashes))
        .filter(resident_session::Column::RevokedAt.is_null())
        .all(conn)
        .await?)
}

pub(super) async fn prolong(
    tx: &DatabaseTransaction,
    session: i64,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    resident_session::Entity::update_many()
        .col_expr(resident_session::Column::LastSeenAt, Expr::value(now))
        .col_expr(resident_session::Column::ExpiresAt, Expr::value(expires_at))
        .filter(resident_session::Column::Id.eq(session))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn revoke(
    tx: &DatabaseTransaction,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    resident_session::Entity::update_many()
        .col_expr(resident_session::Column::RevokedAt, Expr::value(now))
        .filter(resident_session::Column::TokenHash.eq(token_hash))
        .filter(resident_session::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// The versions that a resident agrees to at present, newest first.
pub(super) async fn consents(
    conn: &impl ConnectionTrait,
    id: ResidentId,
    kind: ConsentKind,
) -> Result<Vec<consent::Model>> {
    Ok(consent::Entity::find()
        .filter(consent::Column::ResidentId.eq(id))
        .filter(consent::Column::Kind.eq(kind))
        .filter(consent::Column::WithdrawnAt.is_null())
        .order_by_desc(consent::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn add_consent(
    tx: &DatabaseTransaction,
    id: ResidentId,
    kind: ConsentKind,
    version: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = consent::ActiveModel {
        resident_id: Set(id),
        kind: Set(kind),
        version: Set(version.to_owned()),
        given_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// As [`add_consent`], of many people at once.
pub(super) async fn add_consents(
    tx: &DatabaseTransaction,
    ids: &[ResidentId],
    kind: ConsentKind,
    version: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    for some in ids.chunks(ROWS_AT_ONCE) {
        let rows = some.iter().map(|id| consent::ActiveModel {
            resident_id: Set(*id),
            kind: Set(kind),
            version: Set(version.to_owned()),
            given_at: Set(now),
            ..Default::default()
        });
        consent::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

pub(super) async fn withdraw_consent(
    tx: &DatabaseTransaction,
    id: ResidentId,
    kind: ConsentKind,
    now: DateTime<Utc>,
) -> Result<()> {
    consent::Entity::update_many()
        .col_expr(consent::Column::WithdrawnAt, Expr::value(now))
        .filter(consent::Column::ResidentId.eq(id))
        .filter(consent::Column::Kind.eq(kind))
        .filter(consent::Column::WithdrawnAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn withdraw_consents(
    tx: &DatabaseTransaction,
    id: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    consent::Entity::update_many()
        .col_expr(consent::Column::WithdrawnAt, Expr::value(now))
        .filter(consent::Column::ResidentId.eq(id))
        .filter(consent::Column::WithdrawnAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// A phone number as it is kept: sealed, and keyed hashes of the whole and of its end.
#[derive(Clone)]
pub(super) struct Phone {
    pub(super) sealed: String,
    pub(super) hash: String,
    pub(super) tail_hash: String,
}

/// What is written of a profile; `None` leaves what is there.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) name: Option<String>,
    pub(super) name_state: Option<NameState>,
    pub(super) birth_date: Option<NaiveDate>,
    pub(super) community: Option<CommunityId>,
    pub(super) phone: Option<Phone>,
    /// Sealed, and its keyed hash.
    pub(super) id_number: Option<(String, String)>,
    /// Forget the ID number.
    pub(super) drop_id_number: bool,
    pub(super) drop_phone: bool,
}

/// # Errors
/// `id_number_taken`: the unique index has decided, and the transaction is over.
pub(super) async fn change(
    tx: &DatabaseTransaction,
    row: resident::Model,
    changes: Changes,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut row = row.into_active_model();
    if let Some(name) = changes.name {
        row.name = Set(Some(name));
    }
    if let Some(state) = changes.name_state {
        row.name_state = Set(state);
    }
    if let Some(birth_date) = changes.birth_date {
        row.birth_date = Set(Some(birth_date));
    }
    if let Some(community) = changes.community {
        row.community_id = Set(Some(community));
    }
    if let Some(phone) = changes.phone {
        row.phone_sealed = Set(Some(phone.sealed));
        row.phone_hash = Set(Some(phone.hash));
        row.phone_tail_hash = Set(Some(phone.tail_hash));
    }
    if let Some((sealed, hash)) = changes.id_number {
        row.id_number_sealed = Set(Some(sealed));
        row.id_number_hash = Set(Some(hash));
    }
    if changes.drop_phone {
        row.phone_sealed = Set(None);
        row.phone_hash = Set(None);
        row.phone_tail_hash = Set(None);
    }
    if changes.drop_id_number {
        row.id_number_sealed = Set(None);
        row.id_number_hash = Set(None);
    }
    row.updated_at = Set(now);
    match row.update(tx).await {
        Ok(_) => Ok(()),
        // The ID number is the one unique thing written here.
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Err(super::id_number_taken())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn name_judged(
    tx: &DatabaseTransaction,
    id: ResidentId,
    name: &str,
    state: NameState,
) -> Result<()> {
    resident::Entity::update_many()
        .col_expr(resident::Column::NameState, Expr::value(state))
        .filter(resident::Column::Id.eq(id))
        .filter(resident::Column::Name.eq(name))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes from a resident all that names them; `name` and `number` stand in its place.
pub(super) async fn forget(
    tx: &DatabaseTransaction,
    row: resident::Model,
    name: &str,
    number: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut row = row.into_active_model();
    row.name = Set(Some(name.to_owned()));
    row.name_state = Set(NameState::Shown);
    row.learner_number = Set(number.to_owned());
    row.birth_date = Set(None);
    row.phone_sealed = Set(None);
    row.phone_hash = Set(None);
    row.phone_tail_hash = Set(None);
    row.id_number_sealed = Set(None);
    row.id_number_hash = Set(None);
    row.erased_at = Set(Some(now));
    row.updated_at = Set(now);
    row.update(tx).await?;
    Ok(())
}

pub(super) async fn revoke_all(
    tx: &DatabaseTransaction,
    id: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    resident_session::Entity::update_many()
        .col_expr(resident_session::Column::RevokedAt, Expr::value(now))
        .filter(resident_session::Column::ResidentId.eq(id))
        .filter(resident_session::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Parts a resident from their openids, and returns these.
pub(super) async fn take_identities(
    tx: &DatabaseTransaction,
    id: ResidentId,
) -> Result<Vec<(WechatAccount, String)>> {
    let of_resident = wechat_identity::Column::ResidentId.eq(id);
    let rows = wechat_identity::Entity::find().filter(of_resident.clone()).all(tx).await?;
    wechat_identity::Entity::delete_many().filter(of_resident).exec(tx).await?;
    Ok(rows.into_iter().map(|row| (row.account, row.openid)).collect())
}

/// An erasure that is to be noted.
pub(super) struct NewErasure<'a> {
    pub(super) scope: ErasureScope,
    pub(super) actor: (ActorKind, i64),
    pub(super) reason: &'a str,
    pub(super) openids_sealed: Option<String>,
}

pub(super) async fn add_erasure(
    tx: &DatabaseTransaction,
    id: ResidentId,
    new: NewErasure<'_>,
    now: DateTime<Utc>,
) -> Result<ErasureId> {
    let row = erasure::ActiveModel {
        resident_id: Set(id),
        scope: Set(new.scope),
        actor_kind: Set(new.actor.0),
        actor_id: Set(Some(new.actor.1)),
        reason: Set(new.reason.to_owned()),
        openids_sealed: Set(new.openids_sealed),
        at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

pub(super) async fn erasure(
    conn: &impl ConnectionTrait,
    id: ErasureId,
) -> Result<Option<erasure::Model>> {
    Ok(erasure::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn finish_erasure(tx: &DatabaseTransaction, id: ErasureId) -> Result<()> {
    erasure::Entity::update_many()
        .col_expr(erasure::Column::OpenidsSealed, Expr::value(None::<String>))
        .filter(erasure::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn communities(conn: &impl ConnectionTrait) -> Result<Vec<community::Model>> {
    Ok(community::Entity::find().order_by_asc(community::Column::Id).all(conn).await?)
}

pub(super) async fn community(
    conn: &impl ConnectionTrait,
    id: CommunityId,
) -> Result<Option<community::Model>> {
    Ok(community::Entity::find_by_id(id).one(conn).await?)
}

/// Residents by part of a name, whole learner number or phone, of one community
/// where given; only those with a profile.
pub(super) async fn find(
    conn: &impl ConnectionTrait,
    text: &str,
    (phone_hash, tail_hash): (Option<String>, Option<String>),
    scope: Option<CommunityId>,
    limit: u64,
) -> Result<Vec<resident::Model>> {
    // SQLite's LIKE knows no case and PostgreSQL's does; `%` and `_` are no wildcards here.
    let escaped = text.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    let pattern = LikeExpr::new(format!("%{escaped}%")).escape('\\');
    let mut any = Condition::any()
        .add(Func::lower(Expr::col(resident::Column::Name)).like(pattern))
        .add(resident::Column::LearnerNumber.eq(text));
    if let Some(hash) = phone_hash {
        any = any.add(resident::Column::PhoneHash.eq(hash));
    }
    if let Some(hash) = tail_hash {
        any = any.add(resident::Column::PhoneTailHash.eq(hash));
    }
    let mut find =
        resident::Entity::find().filter(resident::Column::Name.is_not_null()).filter(any);
    find = find.filter(resident::Column::ErasedAt.is_null());
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    // Not by name: the two databases sort Chinese differently.
    Ok(find.order_by_asc(resident::Column::Id).limit(limit).all(conn).await?)
}

/// People with a number whose end is not noted yet, after this one.
pub(super) async fn without_tail(
    conn: &impl ConnectionTrait,
    after: ResidentId,
    limit: u64,
) -> Result<Vec<resident::Model>> {
    Ok(resident::Entity::find()
        .filter(resident::Column::Id.gt(after))
        .filter(resident::Column::PhoneSealed.is_not_null())
        .filter(resident::Column::PhoneTailHash.is_null())
        .order_by_asc(resident::Column::Id)
        .limit(limit)
        .all(conn)
        .await?)
}

/// Notes the end of a number, unless the number was changed since it was read.
pub(super) async fn note_tail(
    tx: &DatabaseTransaction,
    row: &resident::Model,
    tail_hash: &str,
) -> Result<()> {
    resident::Entity::update_many()
        .col_expr(resident::Column::PhoneTailHash, Expr::value(tail_hash))
        .filter(resident::Column::Id.eq(row.id))
        .filter(resident::Column::PhoneSealed.eq(row.phone_sealed.clone()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Names of communities, for lists.
pub(super) async fn community_names(
    conn: &impl ConnectionTrait,
) -> Result<HashMap<CommunityId, String>> {
    Ok(communities(conn)
        .await?
        .into_iter()
        .map(|community| (community.id, community.name))
        .collect())
}

/// Residents with exactly this learner number or phone number, or this name and birth date.
pub(super) async fn matching(
    conn: &impl ConnectionTrait,
    number: Option<&str>,
    phone_hash: Option<String>,
    both: Option<(&str, NaiveDate)>,
    limit: u64,
) -> Result<Vec<resident::Model>> {
    let mut any = Condition::any();
    if let Some(number) = number {
        any = any.add(resident::Column::LearnerNumber.eq(number));
    }
    if let Some(hash) = phone_hash {
        any = any.add(resident::Column::PhoneHash.eq(hash));
    }
    if let Some((name, birth_date)) = both {
        let name = resident::Column::Name.eq(name);
        any = any.add(name.and(resident::Column::BirthDate.eq(birth_date)));
    }
    if any.is_empty() {
        return Ok(Vec::new());
    }
    Ok(resident::Entity::find()
        .filter(resident::Column::Name.is_not_null())
        .filter(resident::Column::ErasedAt.is_null())
        .filter(any)
        .order_by_asc(resident::Column::Id)
        .limit(limit)
        .all(conn)
        .await?)
}

/// Residents with one of these names.
pub(super) async fn named(
    conn: &impl ConnectionTrait,
    names: &[&str],
) -> Result<Vec<resident::Model>> {
    let mut found = Vec::new();
    for some in names.chunks(ROWS_AT_ONCE) {
        let rows = resident::Entity::find()
            .filter(among(conn, resident::Column::Name, some))
            .filter(resident::Column::ErasedAt.is_null())
            .order_by_asc(resident::Column::Id)
            .all(conn)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Residents with a profile, of one community where given, `limit` of them after this one.
pub(super) async fn listed(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    after: ResidentId,
    limit: u64,
) -> Result<Vec<resident::Model>> {
    let mut find = resident::Entity::find()
        .filter(resident::Column::Name.is_not_null())
        .filter(resident::Column::ErasedAt.is_null())
        .filter(resident::Column::Id.gt(after));
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    Ok(find.order_by_asc(resident::Column::Id).limit(limit).all(conn).await?)
}

/// Whom a request at the counter made.
pub(super) async fn by_request_key(
    conn: &impl ConnectionTrait,
    key: &str,
) -> Result<Option<ResidentId>> {
    let row =
        resident::Entity::find().filter(resident::Column::RequestKey.eq(key)).one(conn).await?;
    Ok(row.map(|row| row.id))
}

/// Notes the request that made a resident; false when it made another meanwhile, and the
/// caller gives up the transaction.
pub(super) async fn claim_request_key(
    tx: &DatabaseTransaction,
    id: ResidentId,
    key: &str,
) -> Result<bool> {
    let claimed = resident::Entity::update_many()
        .col_expr(resident::Column::RequestKey, Expr::value(key))
        .filter(resident::Column::Id.eq(id))
        .exec(tx)
        .await;
    match claimed {
        Ok(claimed) => Ok(claimed.rows_affected == 1),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// They come by WeChat.
pub(super) async fn has_identity(conn: &impl ConnectionTrait, id: ResidentId) -> Result<bool> {
    let of_resident = wechat_identity::Column::ResidentId.eq(id);
    Ok(wechat_identity::Entity::find().filter(of_resident).one(conn).await?.is_some())
}

/// Gives one resident's openids and sessions to another.
pub(super) async fn hand_over(
    tx: &DatabaseTransaction,
    from: ResidentId,
    to: ResidentId,
) -> Result<()> {
    wechat_identity::Entity::update_many()
        .col_expr(wechat_identity::Column::ResidentId, Expr::value(to))
        .filter(wechat_identity::Column::ResidentId.eq(from))
        .exec(tx)
        .await?;
    resident_session::Entity::update_many()
        .col_expr(resident_session::Column::ResidentId, Expr::value(to))
        .filter(resident_session::Column::ResidentId.eq(from))
        .exec(tx)
        .await?;
    Ok(())
}

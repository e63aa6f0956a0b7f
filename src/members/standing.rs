//! May a resident sign up? Consent given, profile complete.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, CommunityId, PledgeId, ResidentId};
use entity::kinds::ConsentKind;
use entity::resident;

use super::{consent_needed, has_consent, no_resident, store};
use crate::app::App;
use crate::error::{Error, Result};

/// A resident who may sign up: consent given, profile complete.
#[derive(Clone, Debug)]
pub struct Profile {
    pub id: ResidentId,
    pub name: String,
    pub birth_date: NaiveDate,
    pub community_id: CommunityId,
    pub learner_number: String,
    /// The versions of the pledge that they signed.
    pub pledges: Vec<PledgeId>,
    /// Somebody can be called, and agrees.
    pub has_relative: bool,
    /// That were not lifted; they may be over.
    pub bars: Vec<Bar>,
}

/// A time in which somebody may not sign up.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Empty: for all classes.
    pub class: Option<ClassId>,
    /// The last day.
    pub until: NaiveDate,
    pub reason: String,
}

/// What is still asked of a resident before they can sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Consent,
    Profile,
}

/// How a resident stands.
#[derive(Clone, Debug)]
pub enum Standing {
    Ready(Profile),
    Needs(Need),
    /// Nobody, or erased.
    Unknown,
}

impl Standing {
    /// # Errors
    /// `consent_needed` or `profile_needed`, each with the page where to do it;
    /// `no_resident`.
    pub fn ready(&self) -> Result<&Profile> {
        match self {
            Self::Ready(profile) => Ok(profile),
            Self::Needs(Need::Consent) => Err(consent_needed()),
            Self::Needs(Need::Profile) => {
                Err(Error::forbidden("profile_needed", "请先填写您的信息。")
                    .or_else("去填写", Some("/profile".to_owned())))
            }
            Self::Unknown => Err(no_resident()),
        }
    }
}

/// What is still asked of a resident.
///
/// # Errors
/// The database.
pub async fn needs(
    app: &App,
    conn: &impl ConnectionTrait,
    row: &resident::Model,
) -> Result<Vec<Need>> {
    let mut needs = Vec::new();
    if !has_consent(app, conn, row.id, ConsentKind::Privacy).await? {
        needs.push(Need::Consent);
    }
    if profile(row).is_none() {
        needs.push(Need::Profile);
    }
    Ok(needs)
}

fn profile(row: &resident::Model) -> Option<Profile> {
    Some(Profile {
        id: row.id,
        name: row.name.clone()?,
        birth_date: row.birth_date?,
        community_id: row.community_id?,
        learner_number: row.learner_number.clone(),
        pledges: Vec::new(),
        has_relative: false,
        bars: Vec::new(),
    })
}

/// The resident, if they may sign up.
///
/// # Errors
/// As [`Standing::ready`].
pub async fn ready(app: &App, conn: &impl ConnectionTrait, id: ResidentId) -> Result<Profile> {
    let mut found = standings(conn, &app.config.members.consent_version, &[id]).await?;
    found.remove(&id).unwrap_or(Standing::Unknown).ready().cloned()
}

/// How each of these residents stands; unknown ones are missing. `version`: of the
/// consent that is in force.
///
/// # Errors
/// The database.
pub async fn standings(
    conn: &impl ConnectionTrait,
    version: &str,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Standing>> {
    let (rows, papers) =
        tokio::try_join!(store::by_ids(conn, ids), store::papers::given(conn, ids, version))?;
    let mut given: HashMap<_, Vec<_>> = HashMap::new();
    for (id, kind, version) in papers {
        given.entry(id).or_default().push((kind, version));
    }
    let barred: Vec<_> = rows.iter().filter(|row| row.barred).map(|row| row.id).collect();
    let mut bars = store::papers::bars(conn, &barred).await?;
    let mut standing = |row: &resident::Model| {
        let given = given.remove(&row.id).unwrap_or_default();
        let has = |kind| given.iter().any(|(one, _)| *one == kind);
        if row.erased_at.is_some() {
            return Standing::Unknown;
        }
        if !has(ConsentKind::Privacy) {
            return Standing::Needs(Need::Consent);
        }
        let Some(mut profile) = profile(row) else { return Standing::Needs(Need::Profile) };
        let pledges = given.iter().filter(|(kind, _)| *kind == ConsentKind::Pledge);
        profile.pledges =
            pledges.filter_map(|(_, version)| Some(PledgeId(version.parse().ok()?))).collect();
        profile.has_relative = has(ConsentKind::Relative);
        let bars = bars.remove(&row.id).unwrap_or_default().into_iter();
        profile.bars = bars
            .map(|bar| Bar { class: bar.class_id, until: bar.until, reason: bar.reason })
            .collect();
        Standing::Ready(profile)
    };
    Ok(rows.iter().map(|row| (row.id, standing(row))).collect())
}

/// Locks a resident until the transaction ends, so that what one person does is
/// decided one after the other.
///
/// # Errors
/// No such resident.
pub async fn lock(tx: &DatabaseTransaction, id: ResidentId) -> Result<()> {
    store::lock(tx, id).await?.map(|_| ()).ok_or_else(no_resident)
}

/// As [`lock`], for many at once; those who exist and are not erased.
///
/// # Errors
/// The database.
pub async fn lock_all(tx: &DatabaseTransaction, ids: &[ResidentId]) -> Result<HashSet<ResidentId>> {
    Ok(store::lock_all(tx, ids).await?.into_iter().collect())
}

//! Pictures of courses: small enough for a list on a slow phone, and said in words.

use entity::course_picture;
use entity::ids::CourseId;
use sea_orm::ConnectionTrait;

use super::{check, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::pixels;
use crate::staff::{self, Colleague};

/// A picture as a list names it, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureLine {
    pub course_id: CourseId,
    pub alt: String,
    /// Of what is kept: another picture is another address.
    pub sha256: String,
    pub width: i32,
    pub height: i32,
}

/// Gives a course a picture, in the place of the one it had.
///
/// # Errors
/// `not_found`; `missing`, `too_long`: what it shows; `picture_too_large`, `picture_format`,
/// `picture_damaged`.
pub async fn save_course_picture(
    app: &App,
    who: &Colleague,
    course: CourseId,
    alt: &str,
    file: Vec<u8>,
) -> Result<()> {
    let alt = check::text(alt, "图片说明", 60)?;
    if file.len() > app.config.server.max_picture_bytes {
        return Err(Error::invalid("picture_too_large", "图片文件太大，请缩小后再上传。"));
    }
    let (made, sha256) = pixels::small(file).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if store::course(&tx, course).await?.is_none() {
        return Err(no_course());
    }
    store::pictures::keep_course_picture(&tx, course, &alt, (made, sha256), who.id, now).await?;
    let object = format!("course:{course}");
    staff::record(&tx, Some(who.id), "course.pictured", &object, None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a course's picture away.
///
/// # Errors
/// `not_found`: it has none.
pub async fn remove_course_picture(app: &App, who: &Colleague, course: CourseId) -> Result<()> {
    let tx = app.db.begin().await?;
    if !store::pictures::drop_course_picture(&tx, course).await? {
        return Err(no_course());
    }
    let (object, now) = (format!("course:{course}"), app.clock.now());
    staff::record(&tx, Some(who.id), "course.picture_removed", &object, None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The pictures of all courses that have one.
///
/// # Errors
/// The database.
pub async fn course_pictures(conn: &impl ConnectionTrait) -> Result<Vec<PictureLine>> {
    store::pictures::course_pictures(conn).await
}

/// One with its bytes.
///
/// # Errors
/// `not_found`.
pub async fn course_picture(
    conn: &impl ConnectionTrait,
    course: CourseId,
) -> Result<course_picture::Model> {
    store::pictures::course_picture(conn, course).await?.ok_or_else(no_course)
}

fn no_course() -> Error {
    Error::not_found("not_found", "没有找到这张图片。")
}

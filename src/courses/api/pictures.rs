//! Pictures of courses, on the wire: for everybody who chooses a class, and for who uploads them.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Object, OpenApi};

use entity::ids::CourseId;

use crate::app::App;
use crate::courses;
use crate::wire::ApiResult;
use crate::wire::auth::CentreStaff;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

/// Another picture has another address.
const CACHE: &str = "public, max-age=31536000, immutable";

pub struct CoursePicturesApi(pub App);

/// Where the picture of a course is, and what it shows.
#[derive(Object)]
struct CoursePicture {
    course_id: CourseId,
    url: String,
    /// For who does not see it.
    alt: String,
    /// In pixels.
    width: i32,
    height: i32,
}

#[derive(ApiResponse)]
enum CoursePictureBytes {
    /// The picture.
    #[oai(status = 200, content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
    /// The picture.
    #[oai(status = 200, content_type = "image/png")]
    Png(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
}

#[OpenApi(tag = "Tag::Catalogue")]
impl CoursePicturesApi {
    /// The pictures of all courses that have one.
    #[oai(path = "/course-pictures", method = "get", operation_id = "course_pictures")]
    async fn all(&self) -> ApiResult<Json<Page<CoursePicture>>> {
        let lines = courses::course_pictures(self.0.db.read()).await?;
        let items = lines.into_iter().map(|line| CoursePicture {
            url: format!("/api/course-pictures/{}?v={}", line.course_id, &line.sha256[..12]),
            course_id: line.course_id,
            alt: line.alt,
            width: line.width,
            height: line.height,
        });
        Ok(Json(Page::whole(items.collect())))
    }

    /// The picture of a course. `v` makes another picture another address.
    ///
    /// Codes: `not_found`.
    #[oai(path = "/course-pictures/:id", method = "get", operation_id = "course_picture")]
    async fn one(
        &self,
        id: Path<CourseId>,
        #[oai(name = "v")] _version: Query<Option<String>>,
    ) -> ApiResult<CoursePictureBytes> {
        let row = courses::course_picture(self.0.db.read(), id.0).await?;
        let cache = CACHE.to_owned();
        Ok(if row.mime == "image/png" {
            CoursePictureBytes::Png(Binary(row.bytes), cache)
        } else {
            CoursePictureBytes::Jpeg(Binary(row.bytes), cache)
        })
    }

    /// Give a course a picture: the bytes of a JPEG or PNG. It is turned upright, shrunk to what
    /// a list needs, and rid of what cameras write into it.
    ///
    /// Codes: `not_found`, `missing`, `too_long`, `picture_too_large`, `picture_format`,
    /// `picture_damaged`.
    #[oai(
        path = "/staff/course-pictures/:id",
        method = "post",
        operation_id = "staff_save_course_picture"
    )]
    async fn save(
        &self,
        who: CentreStaff,
        id: Path<CourseId>,
        /// What it shows, in words.
        alt: Query<String>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Done> {
        courses::save_course_picture(&self.0, &who.0, id.0, &alt.0, file.0).await?;
        Ok(Done::Done)
    }

    /// Take a course's picture away.
    ///
    /// Codes: `not_found`.
    #[oai(
        path = "/staff/course-pictures/:id",
        method = "delete",
        operation_id = "staff_remove_course_picture"
    )]
    async fn remove(&self, who: CentreStaff, id: Path<CourseId>) -> ApiResult<Done> {
        courses::remove_course_picture(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }
}

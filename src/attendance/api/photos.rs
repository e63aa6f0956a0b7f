//! Pictures of a meeting on the wire.

use std::fmt::Write;

use poem_openapi::param::Path;
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{Object, OpenApi};

use entity::ids::{MeetingId, NewsItemId, PictureId};

use crate::app::App;
use crate::attendance::{self, PhotoWishes};
use crate::news;
use crate::wire::ApiResult;
use crate::wire::auth::{AnyStaff, RollKeeper};
use crate::wire::tags::Tag;

pub struct StaffPhotosApi(pub App);

/// A picture that was kept.
#[derive(Object)]
struct MeetingPicture {
    id: PictureId,
    width: i32,
    height: i32,
}

/// Pictures for the news, with what the teacher says of them.
#[derive(Object)]
struct MeetingPicturesBody {
    pictures: Vec<PictureId>,
    #[oai(default)]
    note: String,
}

/// What was handed in.
#[derive(Object)]
struct HandedIn {
    item_id: NewsItemId,
}

/// Who of those present may be seen in pictures that are published.
#[derive(Object)]
struct MeetingPhotoWishes {
    present: u64,
    agreed: u64,
    /// Who said no, and then whom nobody asked.
    unwilling: Vec<PhotoUnwilling>,
    /// In words; empty: nobody is to be looked out for.
    text: String,
}

/// Somebody of whom no picture may be shown.
#[derive(Object)]
struct PhotoUnwilling {
    /// Masked for who keeps no roll.
    name: String,
    /// The last four of the learner number.
    number_end: String,
    /// They said no; else nobody asked them.
    refused: bool,
}

impl From<PhotoWishes> for MeetingPhotoWishes {
    fn from(wishes: PhotoWishes) -> Self {
        let refused = wishes.unwilling.iter().filter(|one| one.refused).count();
        let unasked = wishes.unwilling.len() - refused;
        let mut text = String::new();
        if refused > 0 {
            // Writing to a String cannot fail.
            let _written = write!(text, "有 {refused} 位不愿意被拍，请不要用他们的照片。");
        }
        if unasked > 0 {
            let _written = write!(text, "有 {unasked} 位还没有问过，用之前请先问一声。");
        }
        Self {
            present: wishes.present as u64,
            agreed: wishes.agreed as u64,
            unwilling: wishes
                .unwilling
                .into_iter()
                .map(|one| PhotoUnwilling {
                    name: one.name,
                    number_end: one.number_end,
                    refused: one.refused,
                })
                .collect(),
            text,
        }
    }
}

#[OpenApi(tag = "Tag::StaffAttendance", prefix_path = "/staff")]
impl StaffPhotosApi {
    /// Upload a picture of a meeting: the bytes of a JPEG or PNG. It is turned upright,
    /// shrunk, and rid of what cameras write into it.
    #[oai(
        path = "/meetings/:id/pictures",
        method = "post",
        operation_id = "staff_upload_meeting_picture"
    )]
    async fn upload(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<MeetingPicture>> {
        attendance::meeting_of(&self.0, &who.0, id.0).await?;
        let line = news::add_picture(&self.0, &who.0, file.0).await?;
        Ok(Json(MeetingPicture { id: line.id, width: line.width, height: line.height }))
    }

    /// Hand pictures of a meeting to the news desk, which is offered a first draft. Handed in
    /// again, pictures are added.
    ///
    /// Codes: `not_begun`, `no_pictures`, `too_many_pictures`, `taken_up`.
    #[oai(path = "/meetings/:id/news", method = "post", operation_id = "staff_meeting_to_news")]
    async fn hand_in(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
        body: Json<MeetingPicturesBody>,
    ) -> ApiResult<Json<HandedIn>> {
        let MeetingPicturesBody { pictures, note } = body.0;
        let item_id = attendance::hand_to_news(&self.0, &who.0, id.0, &pictures, &note).await?;
        Ok(Json(HandedIn { item_id }))
    }

    /// Who of those present may be seen in pictures that are published.
    #[oai(
        path = "/meetings/:id/photo-wishes",
        method = "get",
        operation_id = "staff_meeting_photo_wishes"
    )]
    async fn wishes(
        &self,
        who: AnyStaff,
        id: Path<MeetingId>,
    ) -> ApiResult<Json<MeetingPhotoWishes>> {
        Ok(Json(attendance::photo_wishes(&self.0, &who.0, id.0).await?.into()))
    }
}

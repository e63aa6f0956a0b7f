//! What a certificate looks like.

use entity::certificate;
use entity::kinds::CertificateKind;

use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::print::{self, At, Ink, Item, Page};

/// The PDF of one that stands, and what the file is called.
///
/// # Errors
/// `certificate_revoked`, `no_glyph`.
pub(super) async fn pdf(app: &App, row: &certificate::Model) -> Result<(String, Vec<u8>)> {
    if row.revoked_at.is_some() {
        return Err(Error::conflict("certificate_revoked", "这张证书已经作废，不能下载。"));
    }
    let page = page(app, row);
    let name = format!("{}{}.pdf", row.name, title(row.kind));
    let bytes = print::pdf(&app.config.print.extra_font, page, row.issued_at).await?;
    Ok((name, bytes))
}

pub(super) fn title(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::Completion => "结业证书",
        CertificateKind::Hours => "学时证明",
        CertificateKind::Service => "志愿服务证明",
    }
}

/// Where anybody sees whether a number is genuine.
pub(super) fn verify_address(app: &App, number: &str) -> String {
    format!("{}/m/#/verify/{number}", app.config.server.public_url)
}

/// `2` 学时 of 200 hundredths; `1.33` of 133.
pub(super) fn hundredths(hundredths: i64) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1.5` of 15 tenths, `2` of 20.
pub(super) fn tenths(tenths: i64) -> String {
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn page(app: &App, row: &certificate::Model) -> Page {
    let hours = hundredths(i64::from(row.hours_hundredths));
    let credits = tenths(i64::from(row.credits_tenths));
    let title = title(row.kind);
    let says = match row.kind {
        CertificateKind::Completion => format!(
            "　　学员{}，参加{}的学习，完成 {hours} 学时，成绩合格，准予结业。计 {credits} 学分。",
            row.name, row.about
        ),
        CertificateKind::Hours => format!(
            "　　兹证明{}在{}参加老年大学和社区教育课程的学习，到开具之日为止，签到 {hours} 学时（45 分钟为 1 学时）。",
            row.name, row.about
        ),
        CertificateKind::Service => format!(
            "　　兹证明{}参加{}，服务 {hours} 小时。时长按签到和签退计算，不含路上的时间，公示满 7 天。",
            row.name, row.about
        ),
    };
    let day = clock::spoken_day(clock::local_date(row.issued_at));
    let line = |text: &str, size: f32, at: At, y: f32, ink: Ink, bold: bool| Item::Line {
        text: text.to_owned(),
        size,
        at,
        y,
        ink,
        bold,
    };
    let centre = &app.config.centre.name;
    let items = vec![
        Item::Frame { margin: 28.0 },
        line(centre, 20.0, At::Middle, 98.0, Ink::Brand, false),
        line(title, 46.0, At::Middle, 168.0, Ink::Brand, true),
        Item::Paragraph { text: says, size: 22.0, left: 110.0, width: 622.0, y: 248.0 },
        Item::Code { says: verify_address(app, &row.number), left: 110.0, top: 400.0, width: 92.0 },
        line("扫一扫，查真伪", 12.0, At::Left(110.0), 514.0, Ink::Soft, false),
        line(&format!("编号 {}", row.number), 13.0, At::Left(222.0), 486.0, Ink::Soft, false),
        line(centre, 20.0, At::Right(732.0), 450.0, Ink::Black, false),
        line(&day, 18.0, At::Right(732.0), 486.0, Ink::Black, false),
    ];
    Page { title: format!("{title} {}", row.number), author: centre.clone(), wide: true, items }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_needless_zeros() {
        assert_eq!((tenths(15), tenths(20), tenths(0)), ("1.5".into(), "2".into(), "0".into()));
        assert_eq!(hundredths(133), "1.33");
        assert_eq!(hundredths(2000), "20");
        assert_eq!(hundredths(50), "0.5");
    }
}

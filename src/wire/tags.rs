//! The chapters of the API's description.

use poem_openapi::Tags;

#[derive(Tags)]
pub enum Tag {
    /// Residents: sign-in, consent and profile.
    #[oai(rename = "Resident · me")]
    Me,
    /// Residents: family members who act for them.
    #[oai(rename = "Resident · family")]
    Family,
    /// Residents: what is taught, where and when.
    #[oai(rename = "Resident · catalogue")]
    Catalogue,
    /// Residents: sign-up, waiting list, withdrawal.
    #[oai(rename = "Resident · enrolment")]
    Enrolment,
    /// Residents: phases of a term, wishes, the draw.
    #[oai(rename = "Resident · draw")]
    Draw,
    /// Residents: check-in and hours.
    #[oai(rename = "Resident · attendance")]
    Attendance,
    /// Residents: messages and published news.
    #[oai(rename = "Resident · notices and news")]
    News,
    /// Staff: sign-in and logins.
    #[oai(rename = "Staff · session and logins")]
    StaffSession,
    /// Staff: terms, courses, classes, meetings.
    #[oai(rename = "Staff · courses")]
    StaffCourses,
    /// Staff: enrolments and waiting lists.
    #[oai(rename = "Staff · enrolment")]
    StaffEnrolment,
    /// Staff: lists as .xlsx files, in and out.
    #[oai(rename = "Staff · spreadsheets")]
    StaffSheets,
    /// Staff: phases, seeds and results.
    #[oai(rename = "Staff · draw")]
    StaffDraw,
    /// Staff and teachers: codes and the roll.
    #[oai(rename = "Staff · attendance")]
    StaffAttendance,
    /// Residents: activities, clubs and volunteering.
    #[oai(rename = "Resident · activities")]
    Activities,
    /// Staff: projects, activities, volunteers, clubs.
    #[oai(rename = "Staff · activities")]
    StaffActivities,
    /// Staff: calls after absences.
    #[oai(rename = "Staff · care")]
    StaffCare,
    /// Staff: articles, reviews, publication.
    #[oai(rename = "Staff · news")]
    StaffNews,
    /// Staff: what people write, and answers.
    #[oai(rename = "Staff · helpdesk")]
    StaffHelpdesk,
    /// Staff: what has to be judged before others see it.
    #[oai(rename = "Staff · content checks")]
    StaffSafety,
    /// Staff: jobs and the state of the service.
    #[oai(rename = "Staff · operations")]
    StaffOperations,
}

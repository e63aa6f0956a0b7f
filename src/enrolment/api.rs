//! Wire types of enrolment.

//! Wire types of courses.

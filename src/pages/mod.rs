//! Resident pages and console.
use poem::Route;
pub const CSP: &str = "default-src 'self'";
pub fn routes() -> Route {
    Route::new()
}

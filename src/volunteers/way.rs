//! The way into a team and out of it.

use entity::kinds::MemberState;

/// Has applied, or is in it: one such membership at a time.
pub fn is_live(state: MemberState) -> bool {
    matches!(state, MemberState::Applied | MemberState::Approved | MemberState::Trained)
}

/// Whether a leader may say so of somebody who stands there.
pub(super) fn leads_to(from: MemberState, to: MemberState) -> bool {
    use MemberState::{Applied, Approved, Left, Refused, Trained};
    matches!(
        (from, to),
        (Applied, Approved | Refused) | (Approved, Trained | Left) | (Trained, Left)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_trained_before_they_are_taken_in_and_nobody_comes_back_by_a_word() {
        assert!(leads_to(MemberState::Applied, MemberState::Approved));
        assert!(!leads_to(MemberState::Applied, MemberState::Trained));
        for to in [MemberState::Applied, MemberState::Approved, MemberState::Trained] {
            assert!(!leads_to(MemberState::Left, to));
            assert!(!leads_to(MemberState::Refused, to));
        }
        assert!(!is_live(MemberState::Refused) && !is_live(MemberState::Left));
    }
}

//! Which of the three reviews hold for a content, from the rows alone.
//!
//! A pass counts when it is for exactly this content, in the order language →
//! facts → direction, by somebody who neither wrote any of the article nor passed
//! an earlier stage of it, and who ticked the proof-reading that belongs to the stage.
//! What does not count is as if it were not there.

use entity::article_review::Model as Review;
use entity::ids::StaffId;
use entity::kinds::{ReviewStage, Role, Verdict};

/// The order in which an article is read.
pub(super) const STAGES: [ReviewStage; 3] =
    [ReviewStage::Language, ReviewStage::Facts, ReviewStage::Direction];

/// A pass that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub stage: ReviewStage,
    pub reviewer: StaffId,
    /// The row it stands in.
    pub review: i64,
}

/// How far a content came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    /// In order, without gaps.
    pub holds: Vec<Pass>,
    /// What is to be read next; none when all three hold.
    pub next: Option<ReviewStage>,
}

impl Chain {
    /// Three different people passed this content.
    pub(super) fn complete(&self) -> bool {
        self.next.is_none() && self.holds.len() == STAGES.len()
    }
}

/// `authors` is everybody who wrote or changed the article; `rows` are its reviews in
/// any order (also those of other contents).
pub(super) fn chain(content_hash: &str, authors: &[StaffId], rows: &[Review]) -> Chain {
    let mut holds: Vec<Pass> = Vec::with_capacity(STAGES.len());
    for stage in STAGES {
        let after = holds.last().map_or(i64::MIN, |pass| pass.review);
        let pass = rows
            .iter()
            .filter(|row| row.verdict == Verdict::Pass && row.stage == stage && row.proofread)
            .filter(|row| row.content_hash == content_hash && row.id > after)
            .filter(|row| !authors.contains(&row.reviewer_id))
            .filter(|row| holds.iter().all(|pass| pass.reviewer != row.reviewer_id))
            .min_by_key(|row| row.id);
        match pass {
            Some(row) => holds.push(Pass { stage, reviewer: row.reviewer_id, review: row.id }),
            None => return Chain { holds, next: Some(stage) },
        }
    }
    Chain { holds, next: None }
}

/// Who reads for what: an editor for language, a section head for facts, a leader for direction.
pub(super) fn reader_of(stage: ReviewStage) -> Role {
    match stage {
        ReviewStage::Language => Role::Editor,
        ReviewStage::Facts => Role::SectionHead,
        ReviewStage::Direction => Role::Leader,
    }
}

/// Why a person may not give this stage its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// Another stage comes first, or all are done.
    NotNext,
    /// Not this role's stage.
    Role,
    /// Wrote or changed the article.
    Author,
    /// Passed another stage of this content.
    Twice,
}

/// May this person give `stage` its verdict now?
pub(super) fn may_review(
    chain: &Chain,
    stage: ReviewStage,
    who: StaffId,
    role: Role,
    authors: &[StaffId],
) -> Result<(), Barred> {
    if authors.contains(&who) {
        return Err(Barred::Author);
    }
    if chain.holds.iter().any(|pass| pass.reviewer == who) {
        return Err(Barred::Twice);
    }
    if role != reader_of(stage) {
        return Err(Barred::Role);
    }
    if chain.next != Some(stage) {
        return Err(Barred::NotNext);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReviewStage::{Direction, Facts, Language};
    use entity::ids::ArticleId;

    const AUTHOR: StaffId = StaffId(1);

    fn row(id: i64, stage: ReviewStage, verdict: Verdict, reviewer: i64, hash: &str) -> Review {
        Review {
            id,
            article_id: ArticleId(1),
            version: 1,
            content_hash: hash.to_owned(),
            stage,
            verdict,
            reviewer_id: StaffId(reviewer),
            remark: None,
            at: chrono::DateTime::UNIX_EPOCH,
            proofread: true,
        }
    }

    fn pass(id: i64, stage: ReviewStage, reviewer: i64) -> Review {
        row(id, stage, Verdict::Pass, reviewer, "a")
    }

    fn held(rows: &[Review]) -> (usize, Option<ReviewStage>) {
        let chain = chain("a", &[AUTHOR], rows);
        (chain.holds.len(), chain.next)
    }

    #[test]
    fn three_people_in_order_complete_the_chain() {
        let mut rows = vec![];
        assert_eq!(held(&rows), (0, Some(Language)));
        rows.push(pass(1, Language, 2));
        assert_eq!(held(&rows), (1, Some(Facts)));
        rows.push(pass(2, Facts, 3));
        assert_eq!(held(&rows), (2, Some(Direction)));
        rows.push(pass(3, Direction, 4));
        assert_eq!(held(&rows), (3, None));
        rows.reverse();
        assert!(chain("a", &[AUTHOR], &rows).complete());
    }

    #[test]
    fn a_pass_of_another_content_counts_for_nothing() {
        let rows =
            [pass(1, Language, 2), row(2, Facts, Verdict::Pass, 3, "b"), pass(3, Direction, 4)];
        assert_eq!(held(&rows), (1, Some(Facts)));
        assert!(!chain("b", &[AUTHOR], &rows).complete());
    }

    #[test]
    fn a_pass_without_proof_reading_counts_for_nothing() {
        let mut rows = [pass(1, Language, 2), pass(2, Facts, 3), pass(3, Direction, 4)];
        rows[2].proofread = false;
        assert_eq!(held(&rows), (2, Some(Direction)));
    }

    #[test]
    fn nobody_passes_what_they_wrote() {
        let rows = [pass(1, Language, 1), pass(2, Facts, 3), pass(3, Direction, 4)];
        assert_eq!(held(&rows), (0, Some(Language)));
        let rows = [pass(1, Language, 2), pass(2, Facts, 3), pass(3, Direction, 4)];
        let helped = chain("a", &[AUTHOR, StaffId(3)], &rows);
        assert_eq!((helped.holds.len(), helped.next), (1, Some(Facts)));
    }

    #[test]
    fn nobody_passes_two_stages() {
        let rows = [pass(1, Language, 2), pass(2, Facts, 3), pass(3, Direction, 2)];
        assert_eq!(held(&rows), (2, Some(Direction)));
        let rows = [pass(1, Language, 2), pass(2, Facts, 2), pass(3, Direction, 2)];
        assert_eq!(held(&rows), (1, Some(Facts)));
    }

    #[test]
    fn a_stage_does_not_run_ahead() {
        let rows = [pass(1, Direction, 4), pass(2, Facts, 3), pass(3, Language, 2)];
        assert_eq!(held(&rows), (1, Some(Facts)));
        let rows = [pass(1, Facts, 3), pass(2, Direction, 4)];
        assert_eq!(held(&rows), (0, Some(Language)));
    }

    #[test]
    fn a_return_is_no_pass_and_leaves_the_earlier_ones() {
        let rows = [pass(1, Language, 2), row(2, Facts, Verdict::Return, 3, "a")];
        assert_eq!(held(&rows), (1, Some(Facts)));
        let rows = [rows[0].clone(), rows[1].clone(), pass(3, Facts, 3), pass(4, Direction, 4)];
        assert_eq!(held(&rows), (3, None));
    }

    #[test]
    fn the_verdict_belongs_to_the_right_person_at_the_right_time() {
        let rows = [pass(1, Language, 2)];
        let chain = chain("a", &[AUTHOR], &rows);
        let may = |stage, who, role| may_review(&chain, stage, StaffId(who), role, &[AUTHOR]);
        assert_eq!(may(Facts, 3, Role::SectionHead), Ok(()));
        assert_eq!(may(Facts, 1, Role::SectionHead), Err(Barred::Author));
        assert_eq!(may(Facts, 2, Role::SectionHead), Err(Barred::Twice));
        assert_eq!(may(Facts, 4, Role::Leader), Err(Barred::Role));
        assert_eq!(may(Direction, 4, Role::Leader), Err(Barred::NotNext));
        assert_eq!(may(Language, 5, Role::Editor), Err(Barred::NotNext));
    }
}

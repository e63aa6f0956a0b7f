//! Group commit: while one transaction commits, what arrives is gathered and decided
//! together in the next, so that the cost of a commit is shared.
//!
//! 1. A question that comes alone is decided at once. Only when the last batch was a
//!    crowd and took long, the next waits a fraction of that for as many to come: people
//!    who come again and again would else be decided by one alone and all others.
//! 2. The order of arrival is the order within a batch, and batches follow each other.
//! 3. A batch that fails is decided one by one, so that one bad question spoils no
//!    other; a database that cannot be reached is not asked again for each of them.
//! 4. Several instances may each have one: what is decided is decided by the database.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Kind, Result};

/// So many wait in line; who comes then waits to be let in.
const LINE: usize = 4096;

/// A crowd is waited for by this part of the time that the last one took.
const PART: u32 = 4;

/// What is decided in batches.
pub trait Decide: Send + Sync + 'static {
    type Question: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// Decides all of them in one transaction; the answers in the order of the questions.
    fn decide(
        &self,
        questions: &[Self::Question],
    ) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

struct Waiting<D: Decide> {
    question: D::Question,
    answer: oneshot::Sender<Result<D::Answer>>,
}

/// The line in front of a [`Decide`]. Ends when it is dropped and the line is empty.
pub struct Batch<D: Decide> {
    line: mpsc::Sender<Waiting<D>>,
}

impl<D: Decide> Batch<D> {
    /// `largest`: so many are decided in one transaction at most.
    pub fn new(decide: D, largest: usize) -> Self {
        let (line, waiting) = mpsc::channel(LINE);
        #[expect(clippy::disallowed_methods, reason = "the one task that commits for all")]
        tokio::spawn(run(decide, largest, waiting));
        Self { line }
    }

    /// Waits for its turn, and for the commit.
    ///
    /// # Errors
    /// What the decision failed with; `busy` when the database cannot be reached.
    pub async fn ask(&self, question: D::Question) -> Result<D::Answer> {
        let (answer, decided) = oneshot::channel();
        self.line.send(Waiting { question, answer }).await.map_err(|_| stopped())?;
        decided.await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::internal("the batch has stopped")
}

async fn run<D: Decide>(decide: D, largest: usize, mut line: mpsc::Receiver<Waiting<D>>) {
    let mut waiting = Vec::with_capacity(largest);
    // How many the last batch decided, and how long it took.
    let mut last = (0, Duration::ZERO);
    while line.recv_many(&mut waiting, largest).await > 0 {
        gather(&mut line, &mut waiting, last).await;
        let begun = Instant::now();
        let (questions, asked): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|one| (one.question, one.answer)).unzip();
        metrics::histogram!("shangxue_batch_size").record(questions.len() as f64);
        let decided = decide.decide(&questions).await;
        last = (questions.len().min(largest), begun.elapsed());
        match decided {
            Ok(answers) => {
                debug_assert_eq!(answers.len(), asked.len());
                for (answer, asked) in answers.into_iter().zip(asked) {
                    // Who no longer waits has hung up.
                    let _gone = asked.send(Ok(answer));
                }
            }
            Err(error) => one_by_one(&decide, &questions, asked, error).await,
        }
    }
}

/// Waits until as many have come as last time, for [`PART`] of what that took at most.
async fn gather<D: Decide>(
    line: &mut mpsc::Receiver<Waiting<D>>,
    waiting: &mut Vec<Waiting<D>>,
    (crowd, took): (usize, Duration),
) {
    let pause = took / PART;
    // Timers are no finer.
    if pause < Duration::from_millis(1) {
        return;
    }
    let until = Instant::now() + pause;
    while waiting.len() < crowd {
        let more = line.recv_many(waiting, crowd - waiting.len());
        match timeout_at(until, more).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

async fn one_by_one<D: Decide>(
    decide: &D,
    questions: &[D::Question],
    asked: Vec<oneshot::Sender<Result<D::Answer>>>,
    first: Error,
) {
    let mut unreachable = first.kind == Kind::Upstream;
    let mut first = Some(first).filter(|_| asked.len() == 1);
    for (question, asked) in questions.iter().zip(asked) {
        let outcome = match first.take() {
            Some(error) => Err(error),
            None if unreachable => Err(Error::upstream("busy", "现在人太多，请过一会儿再试。")),
            None => decide
                .decide(std::slice::from_ref(question))
                .await
                .and_then(|answers| answers.into_iter().next().ok_or_else(stopped)),
        };
        unreachable |= outcome.as_ref().is_err_and(|error| error.kind == Kind::Upstream);
        let _gone = asked.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    /// Doubles numbers; refuses batches that hold a 13, and counts its turns.
    struct Doubler {
        turns: Arc<AtomicUsize>,
        may: Arc<Semaphore>,
    }

    impl Decide for Doubler {
        type Question = u32;
        type Answer = u32;

        async fn decide(&self, questions: &[u32]) -> Result<Vec<u32>> {
            self.may.acquire().await.expect("open").forget();
            self.turns.fetch_add(1, Ordering::SeqCst);
            if questions.contains(&13) {
                return Err(Error::internal("unlucky"));
            }
            Ok(questions.iter().map(|number| number * 2).collect())
        }
    }

    fn doubler(permits: usize) -> (Batch<Doubler>, Arc<AtomicUsize>, Arc<Semaphore>) {
        let (turns, may) = (Arc::default(), Arc::new(Semaphore::new(permits)));
        let decide = Doubler { turns: Arc::clone(&turns), may: Arc::clone(&may) };
        (Batch::new(decide, 64), turns, may)
    }

    #[tokio::test]
    async fn what_arrives_meanwhile_is_decided_together() {
        let (batch, turns, may) = doubler(0);
        let asked = join_all((101..=150).map(|number| batch.ask(number)));
        let (answers, ()) = tokio::join!(asked, async {
            tokio::task::yield_now().await;
            may.add_permits(100);
        });
        let answers: Vec<u32> =
            answers.into_iter().map(|answer| answer.expect("decided")).collect();
        assert_eq!(answers, (101..=150).map(|number| number * 2).collect::<Vec<_>>());
        assert!(turns.load(Ordering::SeqCst) <= 2, "one alone, then the rest at most");
    }

    fn one(number: u32) -> Waiting<Doubler> {
        Waiting { question: number, answer: oneshot::channel().0 }
    }

    #[tokio::test]
    async fn after_a_crowd_as_many_are_waited_for_and_not_for_long() {
        let (send, mut line) = mpsc::channel(8);
        let mut waiting = vec![one(1)];
        // Nobody was there, or it went quickly: nothing is waited for.
        gather(&mut line, &mut waiting, (0, Duration::from_secs(3_600))).await;
        gather(&mut line, &mut waiting, (3, Duration::from_millis(3))).await;
        // As many as last time: no longer than until they are there.
        for number in [2, 3, 4] {
            send.send(one(number)).await.expect("open");
        }
        gather(&mut line, &mut waiting, (3, Duration::from_secs(3_600))).await;
        assert_eq!(waiting.len(), 3);
        // They do not come.
        gather(&mut line, &mut waiting, (5, Duration::from_millis(8))).await;
        assert_eq!(waiting.len(), 4);
    }

    #[tokio::test]
    async fn one_bad_question_spoils_no_other() {
        let (batch, _, _) = doubler(1000);
        let answers = join_all([1, 13, 2].map(|number| batch.ask(number))).await;
        let answers: Vec<Option<u32>> = answers.into_iter().map(Result::ok).collect();
        assert_eq!(answers, [Some(2), None, Some(4)]);
    }
}

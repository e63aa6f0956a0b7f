//! A load that costs little itself: requests written beforehand, sent over open
//! connections as they are, answers counted. It has threads of its own, as people and
//! their phones have: it must not stand in the service's line.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came of it.
pub struct Load {
    pub per_s: f64,
    pub p99: Duration,
}

/// Sends each request once, over so many connections at a time; every answer must be
/// a 200 whose body holds `expected`.
pub async fn run(
    address: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    expected: &'static str,
) -> Load {
    apart(rush(address, Arc::clone(requests), connections, expected)).await
}

/// On threads of its own.
async fn apart<T: Send + 'static>(load: impl Future<Output = T> + Send + 'static) -> T {
    let threads =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let threads = threads.unwrap();
    let done = threads.spawn(load).await.unwrap();
    threads.shutdown_background();
    done
}

async fn rush(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    expected: &'static str,
) -> Load {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(client(address, Arc::clone(&requests), Arc::clone(&next), expected)))
        .collect();
    let mut times = Vec::with_capacity(requests.len());
    for client in clients {
        times.extend(client.await.unwrap());
    }
    let took = begun.elapsed();
    times.sort_unstable();
    Load {
        per_s: times.len() as f64 / took.as_secs_f64(),
        p99: times[(times.len() * 99 / 100).min(times.len() - 1)],
    }
}

async fn client(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    expected: &str,
) -> Vec<Duration> {
    let mut client = Client::new(TcpStream::connect(address).await.unwrap());
    let mut times = Vec::new();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let begun = Instant::now();
        let answer = client.ask(request).await;
        times.push(begun.elapsed());
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{answer}");
    }
    times
}

/// Head and body are there.
fn complete(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim().parse::<usize>().unwrap())
        .expect("a length");
    bytes.len() >= end + 4 + length
}

/// How a crowd was served that came at its own pace.
pub struct Arrivals {
    /// From the moment when each was due to the end of its answer, in order.
    times: Vec<Duration>,
    /// Status and outcome or code of each: `200 placed`.
    pub answers: Vec<String>,
}

impl Arrivals {
    /// Within this time so many of a hundred were served.
    pub fn at(&self, percent: usize) -> Duration {
        self.times[(self.times.len() * percent / 100).min(self.times.len() - 1)]
    }
}

/// Sends the requests evenly over this time, whatever becomes of those before, over as
/// many connections as may be needed at once.
pub async fn arrive(
    address: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    within: Duration,
) -> Arrivals {
    apart(come(address, Arc::clone(requests), connections, within)).await
}

async fn come(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    within: Duration,
) -> Arrivals {
    let next = Arc::new(AtomicUsize::new(0));
    let mut streams = Vec::new();
    for _ in 0..connections {
        streams.push(TcpStream::connect(address).await.unwrap());
    }
    let begun = Instant::now();
    let clients: Vec<_> = streams
        .into_iter()
        .map(|stream| {
            let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
            tokio::spawn(async move {
                let mut served = Vec::new();
                let mut client = Client::new(stream);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(number) else { return served };
                    let due = begun + within.mul_f64(number as f64 / requests.len() as f64);
                    tokio::time::sleep_until(due.into()).await;
                    let answer = client.ask(request).await;
                    served.push((due.elapsed(), said(answer)));
                }
            })
        })
        .collect();
    let mut served = Vec::with_capacity(requests.len());
    for client in clients {
        served.extend(client.await.unwrap());
    }
    served.sort_unstable();
    let (times, answers) = served.into_iter().unzip();
    Arrivals { times, answers }
}

/// Status and outcome or code of an answer.
fn said(answer: &str) -> String {
    let status = answer.split(' ').nth(1).unwrap_or_default();
    let word = |name: &str| {
        let (_, rest) = answer.split_once(&format!("\"{name}\":\""))?;
        rest.split('"').next()
    };
    format!("{status} {}", word("outcome").or_else(|| word("code")).unwrap_or_default())
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(4096) }
    }

    /// Sends a request as it is, and returns the whole answer.
    async fn ask(&mut self, request: &[u8]) -> &str {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        while !complete(&self.buffer) {
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert!(read > 0, "the server hung up");
        }
        std::str::from_utf8(&self.buffer).unwrap()
    }
}

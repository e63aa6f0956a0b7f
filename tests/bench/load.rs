//! A load that costs little itself: requests written beforehand, sent over open
//! connections as they are, answers counted.

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
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(client(address, Arc::clone(requests), Arc::clone(&next), expected)))
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
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(4096);
    let mut times = Vec::new();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let begun = Instant::now();
        stream.write_all(request).await.unwrap();
        buffer.clear();
        while !complete(&buffer) {
            assert!(stream.read_buf(&mut buffer).await.unwrap() > 0, "the server hung up");
        }
        times.push(begun.elapsed());
        let answer = std::str::from_utf8(&buffer).unwrap();
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

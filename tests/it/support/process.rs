//! The service as a process of its own, and a proxy before several.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use super::DATA_KEY;

/// A `shangxue serve` at an address of its own.
pub struct Process {
    child: Child,
    pub address: String,
    settings: Vec<(String, String)>,
}

impl Process {
    pub fn start<K: ToString>(settings: &[(K, String)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut all = vec![
            ("security.data_key".to_owned(), DATA_KEY.to_owned()),
            ("server.listen".to_owned(), free.to_string()),
            ("wechat.api_base".to_owned(), "http://127.0.0.1:9".to_owned()),
        ];
        all.extend(settings.iter().map(|(key, value)| (key.to_string(), value.clone())));
        Self { child: spawn(&all), address: free.to_string(), settings: all }
    }

    /// As a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// After a power cut, or with one.
    pub fn kill_and_start_again(&mut self) {
        self.kill();
        self.child = spawn(&self.settings);
    }

    /// Waits until it answers.
    pub async fn ready(&self) {
        for _ in 0..1_000 {
            if TcpStream::connect(&self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it does not start");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn spawn(settings: &[(String, String)]) -> Child {
    let variables = settings.iter().map(|(key, value)| {
        (format!("SHANGXUE__{}", key.to_uppercase().replace('.', "__")), value)
    });
    Command::new(env!("CARGO_BIN_EXE_shangxue"))
        .arg("serve")
        .envs(variables)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Passes each connection on to the next instance that takes it.
pub async fn proxy(instances: Vec<String>) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let next = AtomicUsize::new(0);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut order = instances.clone();
            order.rotate_left(next.fetch_add(1, Ordering::Relaxed) % instances.len());
            tokio::spawn(async move {
                for instance in order {
                    if let Ok(mut server) = TcpStream::connect(instance).await {
                        let _off = (client.set_nodelay(true), server.set_nodelay(true));
                        let _ended = copy_bidirectional(&mut client, &mut server).await;
                        return;
                    }
                }
            });
        }
    });
    address
}

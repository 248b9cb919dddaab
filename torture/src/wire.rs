//! A wire between product and PostgreSQL that breaks at the worst moment: at a commit, before or after the server has
//! heard of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The statement that ends a transaction for good, as the product sends it.
const COMMIT: &[u8] = b"COMMIT\0";
/// The message that carries a statement as text (PostgreSQL, "Message Formats").
const QUERY: u8 = b'Q';
/// The largest message that is looked at; a larger one is no commit.
const LARGEST: usize = 1 << 26;

/// A wire that is up.
pub(crate) struct Wire {
    port: u16,
    armed: Arc<AtomicUsize>,
    cuts: Arc<AtomicUsize>,
}

impl Wire {
    /// Listens, and connects each caller to the server's port.
    pub(crate) async fn start(server: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let wire = Self { port, armed: Arc::default(), cuts: Arc::default() };
        let (armed, cuts) = (wire.armed.clone(), wire.cuts.clone());
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let (armed, cuts) = (armed.clone(), cuts.clone());
                tokio::spawn(async move {
                    // However it ends, both lines are closed, which is all that either side notices.
                    let _ = join(caller, server, &armed, &cuts).await;
                });
            }
        });
        Ok(wire)
    }

    /// The server's address through this wire.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// The next commit is cut.
    pub(crate) fn cut_next_commit(&self) {
        self.armed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many commits were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }
}

async fn join(caller: TcpStream, server: u16, armed: &AtomicUsize, cuts: &AtomicUsize) -> anyhow::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    caller.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_caller, mut to_caller) = caller.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let down = async { tokio::io::copy(&mut from_server, &mut to_caller).await.map(drop) };
    let up = async {
        // The first message has no letter before its length.
        let first = message(&mut from_caller, None).await?;
        to_server.write_all(&first).await?;
        loop {
            let letter = from_caller.read_u8().await?;
            let whole = message(&mut from_caller, Some(letter)).await?;
            if letter == QUERY && whole[5..] == *COMMIT && take(armed) {
                // Every second time the server hears of it: then it was kept, and nobody is told.
                if cuts.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                    to_server.write_all(&whole).await?;
                    to_server.flush().await?;
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
                return Ok(());
            }
            to_server.write_all(&whole).await?;
        }
    };
    tokio::select! {
        ended = up => ended,
        ended = down => Ok(ended?),
    }
}

fn take(armed: &AtomicUsize) -> bool {
    armed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// One message as it travels: its letter, its length, which counts itself, and its body.
async fn message(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    letter: Option<u8>,
) -> anyhow::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let body = usize::try_from(length)?.checked_sub(4).filter(|body| *body <= LARGEST);
    let body = body.ok_or_else(|| anyhow::anyhow!("a message of {length} bytes"))?;
    let mut whole: Vec<u8> = letter.into_iter().collect();
    whole.extend(length.to_be_bytes());
    let head = whole.len();
    whole.resize(head + body, 0);
    from.read_exact(&mut whole[head..]).await?;
    Ok(whole)
}

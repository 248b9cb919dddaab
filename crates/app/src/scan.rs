//! Whether a file is malware: asked of a scanner of the operator's, by the protocol of ClamAV's daemon (the command
//! `INSTREAM` of <https://docs.clamav.net/manual/Usage/ClamdProtocol.html>). The bytes go over the line; the scanner needs to
//! see none of our folders.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::time::timeout;

use crate::files::Incoming;
use crate::{App, Error, Result, egress};

/// How much of a file goes in one piece.
const PIECE: usize = 64 << 10;
/// The longest answer that is read, in bytes.
const ANSWER: u64 = 1024;
/// How long a scanner may take to be reached, and for one file.
const REACH: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(120);
/// The most characters of what a scanner calls its find.
const NAME: usize = 120;

/// A scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// Where it listens.
    pub place: Place,
    /// Whether a file waits while the scanner cannot say anything; else it is taken and marked.
    pub required: bool,
}

/// Where a scanner listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `host:port`.
    Tcp(String),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// What is known of a file that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Nothing is wrong with it, or nobody is to look.
    Fine,
    /// The scanner said nothing, and need not.
    Unscanned,
    /// The scanner said nothing, and has to.
    Waits,
    /// What it is.
    Threat(String),
}

/// Has a file that came in looked at.
pub(crate) async fn judge(app: &App, incoming: &Incoming) -> Judged {
    let Some(scanner) = &app.settings.scanner else { return Judged::Fine };
    match timeout(PATIENCE, ask(&scanner.place, incoming))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    {
        Ok(None) => Judged::Fine,
        Ok(Some(threat)) => Judged::Threat(threat),
        Err(error) => {
            tracing::warn!(%error, required = scanner.required, "a file cannot be scanned");
            if scanner.required { Judged::Waits } else { Judged::Unscanned }
        }
    }
}

/// Refuses what somebody of ours hands in when it is malware, or when nobody can say yet. Tells whether nobody looked.
///
/// # Errors
/// [`Error::Conflict`] with what it is; [`Error::Unavailable`] when it is to be handed in again later.
pub(crate) async fn admit(app: &App, incoming: &Incoming) -> Result<bool> {
    match judge(app, incoming).await {
        Judged::Fine => Ok(false),
        Judged::Unscanned => Ok(true),
        Judged::Waits => Err(Error::Unavailable),
        Judged::Threat(threat) => Err(Error::Conflict {
            code: "infected",
            message: format!("the scanner says that this file is malware: {threat}"),
        }),
    }
}

/// Whether a scanner answers.
///
/// # Errors
/// When it does not, or is none.
pub async fn reach(scanner: &Scanner) -> io::Result<()> {
    let asking = async {
        let mut line = BufReader::new(connect(&scanner.place).await?);
        line.write_all(b"zPING\0").await?;
        match answer(&mut line).await?.as_str() {
            "PONG" => Ok(()),
            other => Err(io::Error::other(format!("it answers {other:?}"))),
        }
    };
    timeout(REACH, asking).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

async fn connect(place: &Place) -> io::Result<Box<dyn Line>> {
    let connecting = async {
        let line: Box<dyn Line> = match place {
            Place::Tcp(address) => Box::new(egress::line(address).await?),
            #[cfg(unix)]
            Place::Unix(path) => Box::new(tokio::net::UnixStream::connect(path).await?),
            #[cfg(not(unix))]
            Place::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(line)
    };
    timeout(REACH, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What a scanner says of a file: nothing, or what it is.
async fn ask(place: &Place, incoming: &Incoming) -> io::Result<Option<String>> {
    let mut file = tokio::fs::File::from_std(incoming.file.reopen()?);
    let mut line = BufReader::new(connect(place).await?);
    let sent = send(&mut line, &mut file).await;
    // One that has had enough says why and closes: that counts for more than that it stopped listening.
    match answer(&mut line).await {
        Ok(said) => verdict(&said),
        Err(error) => Err(sent.err().unwrap_or(error)),
    }
}

/// Pieces, each behind its length, and one of no length in the end.
async fn send(line: &mut BufReader<Box<dyn Line>>, file: &mut tokio::fs::File) -> io::Result<()> {
    line.write_all(b"zINSTREAM\0").await?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).await?;
        line.write_u32(u32::try_from(length).map_err(io::Error::other)?).await?;
        if length == 0 {
            return line.flush().await;
        }
        line.write_all(&piece[..length]).await?;
    }
}

/// An answer, which ends with a zero or with the line.
async fn answer(line: &mut BufReader<Box<dyn Line>>) -> io::Result<String> {
    let mut said = Vec::new();
    line.take(ANSWER).read_until(0, &mut said).await?;
    if said.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&said).trim_end_matches('\0').trim().to_owned())
}

fn verdict(said: &str) -> io::Result<Option<String>> {
    let words = said.strip_prefix("stream: ").unwrap_or(said);
    match words.strip_suffix(" FOUND") {
        Some(threat) => Ok(Some(threat.chars().filter(|c| !c.is_control()).take(NAME).collect())),
        None if words == "OK" => Ok(None),
        None => Err(io::Error::other(format!("the scanner says {words:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scanner_says_is_a_verdict_or_an_error() {
        assert_eq!(verdict("stream: OK").expect("fine"), None);
        let found = verdict("stream: Eicar-Test-Signature FOUND").expect("a verdict");
        assert_eq!(found.as_deref(), Some("Eicar-Test-Signature"));
        let long = format!("stream: {}\u{7} FOUND", "x".repeat(300));
        assert_eq!(verdict(&long).expect("a verdict"), Some("x".repeat(NAME)));
        for unclear in ["INSTREAM size limit exceeded. ERROR", "stream: OKAY", "UNKNOWN COMMAND", "", "FOUND"]
        {
            assert!(verdict(unclear).is_err(), "{unclear}");
        }
    }
}

//! The root key and where it comes from. It is kept apart from the data: without it, what a stolen database or backup
//! holds of people cannot be read.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use model::{Entropy, Secret};
use store::Db;
use store::keys::RootSource;
use tokio::sync::watch;
use vault::{LocalRoot, Roots};
use zeroize::Zeroizing;

use crate::App;

/// Where the root key is. Several may stand there, one in a line: the first wraps, the others open what they wrapped
/// before.
#[derive(Debug, Clone)]
pub enum RootPlace {
    /// In the configuration itself, as in an environment variable.
    Value(Secret<String>),
    /// In a file that nobody but its owner may read.
    File(PathBuf),
    /// In a file that is encrypted to an age identity, which stands in another file that nobody but its owner may read.
    Age {
        /// The encrypted file.
        file: PathBuf,
        /// The identity's file.
        identity: PathBuf,
    },
}

impl RootPlace {
    /// Reads the root keys, now and whenever the store asks again.
    pub fn source(&self) -> RootSource {
        let place = self.clone();
        Arc::new(move || place.read())
    }

    fn read(&self) -> Result<Roots, String> {
        match self {
            Self::Value(text) => Roots::parse(text.expose()).map_err(|error| error.to_string()),
            Self::File(path) => {
                let text = Zeroizing::new(private(path)?);
                let text = std::str::from_utf8(&text).map_err(|_| vault::Error::RootForm);
                text.and_then(Roots::parse).map_err(|error| format!("{}: {error}", path.display()))
            }
            Self::Age { file, identity } => {
                let secret = String::from_utf8(private(identity)?);
                let secret = Secret::new(secret.map_err(|_| format!("{} is not text", identity.display()))?);
                let encrypted = fs::read(file).map_err(|error| cannot("read the root key", file, &error))?;
                let opened = open_age(&encrypted, &secret)
                    .and_then(|text| Roots::parse(&text).map_err(|error| error.to_string()));
                opened.map_err(|error| format!("{}: {error}", file.display()))
            }
        }
    }

    /// Makes a root key where a file is to hold it and there is none. Tells whether it did.
    ///
    /// # Errors
    /// When the file cannot be written; in words for people.
    pub fn provide(&self, entropy: &dyn Entropy) -> Result<bool, String> {
        let Self::File(path) = self else { return Ok(false) };
        if path.exists() {
            return Ok(false);
        }
        match place(path, LocalRoot::generate(entropy).expose(), false) {
            Ok(()) => Ok(true),
            // Another process that starts was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(cannot("make the root key", path, &error)),
        }
    }

    /// Puts a new root key before the one that is there. Tells whether it did: one that was put there and has not taken
    /// over yet stays the first.
    ///
    /// # Errors
    /// When the root key is not in a file of ours; in words for people.
    pub fn renew(&self, entropy: &dyn Entropy) -> Result<bool, String> {
        let path = self.file()?;
        let old = Zeroizing::new(private(path)?);
        let old = std::str::from_utf8(&old).map_err(|_| format!("{} is not text", path.display()))?;
        if Self::lines(old).count() > 1 {
            return Ok(false);
        }
        let both = Zeroizing::new(format!("{}{old}", LocalRoot::generate(entropy).expose()));
        place(path, &both, true).map_err(|error| cannot("write the root key", path, &error))?;
        Ok(true)
    }

    /// Leaves only the first root key: nothing needs the others any more.
    ///
    /// # Errors
    /// When the root key is not in a file of ours; in words for people.
    pub fn retire(&self) -> Result<(), String> {
        let path = self.file()?;
        let all = Zeroizing::new(private(path)?);
        let all = std::str::from_utf8(&all).map_err(|_| format!("{} is not text", path.display()))?;
        let first = Zeroizing::new(format!("{}\n", Self::lines(all).next().unwrap_or_default()));
        place(path, &first, true).map_err(|error| cannot("write the root key", path, &error))
    }

    fn lines(text: &str) -> impl Iterator<Item = &str> {
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    fn file(&self) -> Result<&Path, String> {
        match self {
            Self::File(path) => Ok(path),
            _ => Err("the root key is not in a file that this program may write: put the new one before the old one, \
                separated by a line or a comma, run this with --resume, and take the old one away"
                .to_owned()),
        }
    }
}

/// Seals what older versions wrote of people and channels; nothing may be served before.
///
/// # Errors
/// When the database cannot be used; what was sealed stays so.
pub async fn seal_first(db: &Db) -> store::Result<()> {
    while db.write(|tx| Box::pin(store::sealing::first(tx))).await? {}
    Ok(())
}

/// Seals what older versions wrote of messages, a portion at a time between other work, until nothing is left.
pub(crate) async fn seal_later(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match app.write(|tx| Box::pin(async move { Ok(store::sealing::later(tx).await?) })).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => return,
            Err(error) => crate::worker::rest(&mut stopped, "sealing", &error).await,
        }
    }
}

/// Reads a file that holds a secret. One that others may read is refused.
fn private(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| cannot("read the root key", path, &error);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!(
                "{} may be read by others (mode {mode:03o}): a key's file has to have mode 600 or 400; \
                 change it with `chmod 600`, and think about who has read it",
                path.display()
            ));
        }
    }
    fs::read(path).map_err(failed)
}

/// Opens a file that is encrypted to an age identity (`AGE-SECRET-KEY-1…`).
fn open_age(encrypted: &[u8], identity: &Secret<String>) -> Result<Zeroizing<String>, String> {
    let refused = || "the root key's age file does not open with the identity that is configured".to_owned();
    let line = identity.expose().lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-"));
    let identity = line.and_then(|line| age::x25519::Identity::from_str(line).ok()).ok_or_else(refused)?;
    let opened = age::decrypt(&identity, encrypted).map_err(|_| refused())?;
    String::from_utf8(opened).map(Zeroizing::new).map_err(|_| vault::Error::RootForm.to_string())
}

/// Writes a secret into a file of mode 600, whole or not at all.
fn place(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Temporary files are made for their owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    if replace {
        file.persist(path)?;
    } else {
        file.persist_noclobber(path)?;
    }
    crate::files::sync_folder(folder)
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    fn name(place: &RootPlace) -> String {
        place.read().expect("a root key").current().name()
    }

    #[test]
    fn a_root_key_in_an_age_file_opens_with_its_identity() {
        use age::secrecy::ExposeSecret as _;
        use vault::Root as _;
        let folder = tempfile::tempdir().expect("a folder");
        let identity = age::x25519::Identity::generate();
        let text = LocalRoot::generate(&SystemEntropy);
        let sealed = age::encrypt(&identity.to_public(), text.expose().as_bytes()).expect("sealed");
        let file = folder.path().join("root.age");
        fs::write(&file, sealed).expect("written");
        let opened = |identity: &age::x25519::Identity| {
            let path = folder.path().join("identity");
            let text = format!("# a comment\n{}\n", identity.to_string().expose_secret());
            place(&path, &text, path.exists()).expect("written");
            RootPlace::Age { file: file.clone(), identity: path }.read()
        };
        let roots = opened(&identity).expect("the root key");
        assert_eq!(roots.current().name(), LocalRoot::parse(text.expose()).expect("a key").name());
        let other = opened(&age::x25519::Identity::generate()).map(|_| ()).expect_err("another identity");
        assert!(other.contains("does not open"), "{other}");
    }

    #[test]
    fn a_root_key_is_made_once_for_its_owner_alone_and_renewed_in_steps() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/root.key");
        let place = RootPlace::File(path.clone());
        assert!(place.provide(&SystemEntropy).expect("made"));
        let first = name(&place);
        assert!(!place.provide(&SystemEntropy).expect("there"));
        assert_eq!(name(&place), first);
        assert!(place.renew(&SystemEntropy).expect("renewed"));
        let second = name(&place);
        assert_ne!(second, first);
        assert!(place.read().expect("both").find(&first).is_some());
        assert!(!place.renew(&SystemEntropy).expect("what was begun stays begun"));
        assert_eq!(name(&place), second);
        place.retire().expect("retired");
        assert_eq!(name(&place), second);
        assert!(place.read().expect("one").find(&first).is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
            for open in [0o644, 0o640, 0o604] {
                mode(open);
                assert!(place.read().expect_err("refused").contains("chmod 600"));
            }
            mode(0o400);
            assert_eq!(name(&place), second);
        }
    }
}

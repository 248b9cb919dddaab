//! Keys outlive the process, are never used before they are on disk, and go for good.

use std::collections::HashSet;

use vault::{LocalRoot, Place, Root as _};

use super::*;
use crate::testing::{self, TestDb};

const PLACE: Place<'static> = Place { workspace: WorkspaceId(1), table: "message", column: "sealed", row: 7 };
const WS: WorkspaceId = WorkspaceId(1);

/// The keys of a test database as another process finds them, under given root keys.
async fn again(test: &TestDb, roots: &Arc<Mutex<String>>) -> Result<Keys> {
    let roots = Arc::clone(roots);
    let source: RootSource =
        Arc::new(move || Roots::parse(&locked(&roots)).map_err(|error| error.to_string()));
    let entropy = Arc::clone(&test.db.keys()?.0.entropy);
    Keys::open(&testing::key_settings(&test.settings), source, entropy, Millis(0)).await
}

fn seal(keys: &Keys, key: &Key) -> Vec<u8> {
    key.seal(keys.entropy(), PLACE, b"canary").expect("sealed")
}

#[tokio::test]
async fn another_process_opens_what_one_sealed() {
    for test in testing::databases().await {
        let one = test.db.keys().expect("keys");
        let (mut sealed, mut ids) = (Vec::new(), HashSet::new());
        for _ in 0..BATCH + 3 {
            let key = one.fresh(WS).await.expect("a key");
            assert!(ids.insert(key.id()), "no key is given to two");
            sealed.push((key.id(), seal(&one, &key)));
        }
        let own = one.workspace(WS).await.expect("keys");
        let word = own.words.word("invoice");
        let other = again(&test, &Arc::new(Mutex::new("07".repeat(32)))).await.expect("opened");
        for (id, bytes) in sealed {
            let key = other.get(id).await.expect("asked").expect("there");
            assert_eq!(key.open(PLACE, &bytes).expect("opens"), b"canary");
        }
        assert_eq!(other.workspace(WS).await.expect("keys").words.word("invoice"), word);
        assert_ne!(other.workspace(WorkspaceId(2)).await.expect("keys").words.word("invoice"), word);
        let wrong = again(&test, &Arc::new(Mutex::new("08".repeat(32)))).await.expect_err("refused");
        assert!(wrong.to_string().contains("is not configured"), "{wrong}");
    }
}

#[tokio::test]
async fn a_destroyed_key_is_gone_for_all_and_from_the_files() {
    for test in testing::databases().await {
        let one = test.db.keys().expect("keys");
        let (gone, kept) = (one.fresh(WS).await.expect("a key"), one.fresh(WS).await.expect("a key"));
        let both = vec![gone.id(), kept.id()];
        assert_eq!(one.destroy(WorkspaceId(2), both.clone()).await.expect("asked"), 0, "another's keys");
        let one = again(&test, &Arc::new(Mutex::new("07".repeat(32)))).await.expect("opened");
        assert_eq!(one.destroy(WS, vec![gone.id()]).await.expect("destroyed"), 1);
        assert!(one.get(gone.id()).await.expect("asked").is_none());
        let other = again(&test, &Arc::new(Mutex::new("07".repeat(32)))).await.expect("opened");
        assert!(other.get(gone.id()).await.expect("asked").is_none());
        assert!(other.get(kept.id()).await.expect("asked").is_some());
        if let KeySettings::Sqlite { path } = testing::key_settings(&test.settings) {
            let log = path.with_extension("db-wal");
            assert_eq!(std::fs::metadata(&log).map_or(0, |about| about.len()), 0, "the log is empty");
        }
    }
}

#[tokio::test]
async fn rotation_under_use_ends_the_old_root_key_and_loses_nothing() {
    for test in testing::databases().await {
        let one = test.db.keys().expect("keys");
        let mut sealed = Vec::new();
        for _ in 0..700 {
            let key = one.fresh(WS).await.expect("a key");
            sealed.push((key.id(), seal(&one, &key)));
        }
        let word = one.workspace(WS).await.expect("keys").words.word("invoice");
        let old = "07".repeat(32);
        let former = one.0.door.run(|tx| Box::pin(rotate::chains(tx))).await.expect("the chains");
        let new = LocalRoot::generate(one.entropy()).expose().clone();
        let roots = Arc::new(Mutex::new(old.clone()));
        let serving = again(&test, &roots).await.expect("opened");
        serving.fresh(WS).await.expect("a key");
        // The new root key comes first; one portion is done, as if the process then died.
        *locked(&roots) = format!("{new}{old}");
        let dying = again(&test, &roots).await.expect("opened");
        dying.reload().expect("read");
        dying.begin(WS, 2).await.expect("begun");
        let half = dying.rotation().await.expect("looked");
        assert!(half.outdated >= 700 && half.needed.len() == 2, "{half:?}");
        // Another process goes on with it, while one that knows only the older version makes keys.
        let resumed = again(&test, &roots).await.expect("opened");
        let (done, made) = tokio::join!(resumed.rotate(true), async {
            let mut made = Vec::new();
            for _ in 0..200 {
                let key = serving.fresh(WS).await.expect("a key");
                made.push((key.id(), seal(&serving, &key)));
                tokio::task::yield_now().await;
            }
            made
        });
        assert!(done.expect("rotated") >= 700);
        sealed.extend(made);
        // What was made meanwhile under the older version, if anything, is a matter of one more call.
        resumed.rotate(true).await.expect("nothing is left");
        let end = resumed.rotation().await.expect("looked");
        assert_eq!((end.outdated, end.needed), (0, vec![end.root.clone()]));
        let refused = again(&test, &Arc::new(Mutex::new(old))).await;
        assert!(refused.is_err(), "the old root key is refused");
        let root = LocalRoot::parse(&"07".repeat(32)).expect("a key");
        let chains = resumed.0.door.run(|tx| Box::pin(rotate::chains(tx))).await.expect("the chains");
        for (ws, version, _, wrapped) in chains {
            assert!(root.unwrap(ws, version, &wrapped).is_err(), "the old root key opens nothing");
        }
        // What it did open is in no file any more.
        if let KeySettings::Sqlite { path } = testing::key_settings(&test.settings) {
            for file in [path.with_extension("db-wal"), path] {
                let bytes = std::fs::read(file).unwrap_or_default();
                for (.., wrapped) in &former {
                    assert!(!bytes.windows(wrapped.len()).any(|part| part == wrapped), "it is still there");
                }
            }
        }
        let last = again(&test, &Arc::new(Mutex::new(new))).await.expect("the new one is enough");
        for (id, bytes) in sealed {
            let key = last.get(id).await.expect("asked").expect("there");
            assert_eq!(key.open(PLACE, &bytes).expect("opens"), b"canary");
        }
        assert_eq!(last.workspace(WS).await.expect("keys").words.word("invoice"), word);
        // Who has read the former root key alone begins a workspace under the one that took its place.
        assert!(serving.workspace(WorkspaceId(2)).await.is_ok());
        assert_eq!(last.rotation().await.expect("looked").needed.len(), 1);
        // A second rotation, whole.
        assert!(last.rotate(false).await.expect("rotated") > 900);
    }
}

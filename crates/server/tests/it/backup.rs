//! Backups that are made beside a working server, and what comes out of them.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use sim::CustomerMessage;
use store::{Db, Settings, testing};

use crate::desk::{Desk, on_both};
use crate::hooks::{deliver, text};

const DOT: &[u8] = include_bytes!("files/dot.png");

/// Runs the program as another process, on a database and a folder of media files.
pub(crate) async fn bellhop(database: &Settings, media: &Path, args: &[&str]) -> Output {
    let url = match database {
        Settings::Sqlite { path, .. } => path.display().to_string(),
        Settings::Postgres { url, .. } => url.expose().clone(),
    };
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_bellhop"));
    command.args(args).env_clear().current_dir(media.parent().expect("a folder"));
    // PostgreSQL's programs are found there.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("BELLHOP_DATABASE__URL", url).env("BELLHOP_MEDIA__PATH", media);
    command.env("BELLHOP_KEYS__ROOT", testing::ROOT);
    command.output().await.expect("the program runs")
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Makes a backup and returns its folder.
async fn back_up(desk: &Desk, place: &Path) -> PathBuf {
    let output = bellhop(&desk.database, &desk.media, &["backup", &place.display().to_string()]).await;
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    PathBuf::from(text.split_once(": ").expect("a folder's name").0)
}

/// An empty place of the same engine, and what has to be held while it is used.
async fn empty_place(desk: &Desk, folder: &Path) -> (Settings, Box<dyn Send>) {
    match desk.database {
        Settings::Sqlite { .. } => {
            (Settings::Sqlite { path: folder.join("bellhop.db"), readers: 1 }, Box::new(()))
        }
        Settings::Postgres { .. } => {
            let (settings, held) = testing::empty_postgres().await.expect("the server of this test");
            (settings, Box::new(held))
        }
    }
}

/// Restores a backup and starts a desk on what comes out.
async fn restored(
    desk: &Desk,
    folder: &Path,
    backup: &Path,
    options: &[&str],
) -> (Desk, String, Box<dyn Send>) {
    let (database, held) = empty_place(desk, folder).await;
    let media = folder.join("media");
    let name = backup.display().to_string();
    let output = bellhop(&database, &media, &[&["restore", name.as_str()], options].concat()).await;
    assert!(output.status.success(), "{}", said(&output));
    let db = Db::open(&database).await.expect("what was restored opens");
    db.migrate(model::Millis(0)).await.expect("of this version");
    db.unlock(testing::keys(&database).await);
    (Desk::start(db, &database, Some(&media)).await, said(&output), held)
}

/// How many backups are made: 100 random moments take minutes.
fn rounds() -> usize {
    std::env::var("BELLHOP_TEST_BACKUPS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_at_any_moment_under_load_holds_all_that_was_acknowledged() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        let callback = inbox["callback_url"].as_str().expect("an address").to_owned();
        let config = desk.sim.config().clone();
        let (stop, number, acknowledged) =
            (AtomicBool::new(false), AtomicU64::new(0), Mutex::new(Vec::new()));
        let desk = &*desk;
        let customer = async {
            let browser = desk.browser();
            while !stop.load(Ordering::SeqCst) {
                let id = format!("wamid.{}", number.fetch_add(1, Ordering::SeqCst));
                let body = text(&config.phone_number_id, &id, "hello");
                deliver(&browser, &callback, &body, &config.app_secret).await.expect_status(200);
                acknowledged.lock().expect("no panic").push(id);
            }
        };
        let pictures = async {
            let mut count = 0_u32;
            while !stop.load(Ordering::SeqCst) {
                // Each is another file: whatever comes after a picture's end is not looked at.
                let bytes = [DOT, &count.to_le_bytes()].concat();
                desk.sim.send(&maria, CustomerMessage::image(bytes, "image/png")).await;
                count += 1;
            }
        };
        let workers = async {
            while !stop.load(Ordering::SeqCst) {
                desk.settle().await;
            }
        };
        let backups = async {
            let place = tempfile::tempdir().expect("a folder");
            let rounds = if matches!(desk.database, Settings::Sqlite { .. }) { rounds() } else { 1 };
            for round in 0..rounds {
                tokio::time::sleep(Duration::from_millis(100 + 37 * (round as u64 % 11))).await;
                let before = loop {
                    let before = acknowledged.lock().expect("no panic").clone();
                    if before.len() > round {
                        break before;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                };
                let backup = back_up(desk, place.path()).await;
                look_into(desk, &backup, &inbox["id"], &before).await;
            }
            stop.store(true, Ordering::SeqCst);
        };
        tokio::join!(customer, pictures, workers, backups);
        desk.settle().await;
    })
    .await;
}

/// Restores a backup and looks whether everything is there that was acknowledged before it was begun.
async fn look_into(desk: &Desk, backup: &Path, inbox: &serde_json::Value, before: &[String]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (second, said, held) = restored(desk, folder.path(), backup, &[]).await;
    assert!(!said.contains("missing"), "{said}");
    // What was being applied when the copy was made is under a lease that its clock ends.
    second.clock.advance(model::Millis::minutes(20));
    second.settle().await;
    let owner = second.sign_in("olga@example.com").await;
    let conversations = owner.get("/api/conversations?state=all").await.expect_status(200).items();
    assert_eq!(conversations.len(), 1, "one customer has one conversation");
    let workspaces = app::event::heads(&second.app).await.expect("the workspaces");
    let (workspace, inbox) = (workspaces[0].0, inbox.as_str().expect("an id").parse().expect("an id"));
    let wanted = before.to_vec();
    let lost = second.app.read(move |tx| {
        Box::pin(async move {
            let mut lost = Vec::new();
            for id in wanted {
                if store::message::by_provider(tx, workspace, inbox, &id).await?.is_none() {
                    lost.push(id);
                }
            }
            Ok(lost)
        })
    });
    assert_eq!(lost.await.expect("a read"), Vec::<String>::new(), "acknowledged and not in the backup");
    // Its provider does not know the pictures that were still to be fetched.
    second.app.db.stop().await;
    drop((second, held));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_to_be_sent_is_not_sent_twice_after_a_restore() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("Hello?")).await;
        desk.sim.send(&maria, CustomerMessage::image(DOT, "image/png")).await;
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await;
        let path = format!("/api/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
        owner.post(&path, &json!({"client_id": "1", "text": "Yes"})).await.expect_status(201);
        let place = tempfile::tempdir().expect("a folder");
        let backup = back_up(desk, place.path()).await;
        // After the backup it goes out.
        desk.settle().await;
        let received = desk.sim.received(&maria).len();
        for (options, state) in [(&[][..], "uncertain"), (&["--moved"][..], "failed")] {
            let folder = tempfile::tempdir().expect("a folder");
            let (second, said, held) = restored(desk, folder.path(), &backup, options).await;
            assert_eq!(said.contains("1 messages waited"), options.is_empty(), "{said}");
            second.settle().await;
            let browser = second.sign_in("olga@example.com").await;
            let thread = second.thread(&browser, &second.only_conversation(&browser).await).await;
            // The other desk's provider may not be called from here, so trying to send fails for good in the end.
            if state == "failed" {
                second.clock.advance(model::Millis::days(2));
                second.settle().await;
            }
            let thread = if state == "failed" {
                second.thread(&browser, &second.only_conversation(&browser).await).await
            } else {
                thread
            };
            let last = thread.last().expect("a message");
            assert_eq!((&last["content"]["text"], &last["status"]["state"]), (&json!("Yes"), &json!(state)));
            let url = thread[1]["content"]["media"]["url"].as_str().expect("an address");
            assert_eq!(browser.get(url).await.expect_status(200).body, DOT);
            second.close().await;
            drop(held);
        }
        assert_eq!(desk.sim.received(&maria).len(), received, "nothing was sent again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_not_whole_or_has_no_empty_place_is_refused() {
    let test = testing::sqlite().await;
    let desk = Desk::start(test.db.clone(), &test.settings, None).await;
    let owner = desk.owner().await;
    desk.connect(&owner).await;
    let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
    desk.sim.send(&maria, CustomerMessage::image(DOT, "image/png")).await;
    desk.settle().await;
    let place = tempfile::tempdir().expect("a folder");
    let place = place.path();
    // What an interrupted one leaves does not look like a backup, and goes with the next.
    std::fs::create_dir_all(place.join(".unfinished-x/media")).expect("made");
    let first = back_up(&desk, place).await;
    assert!(!place.join(".unfinished-x").exists());
    let second = back_up(&desk, place).await;
    let sums = std::fs::read_to_string(second.join("SHA256SUMS")).expect("read");
    let picture = sums.lines().filter_map(|line| line.split_once("  ")).find(|(_, name)| name.contains('/'));
    let picture = picture.expect("a picture").1.to_owned();

    let restore = async |backup: &Path, target: &Path| {
        let database = Settings::Sqlite { path: target.join("bellhop.db"), readers: 1 };
        let output =
            bellhop(&database, &target.join("media"), &["restore", &backup.display().to_string()]).await;
        (output.status.success(), said(&output))
    };
    let broken = async |name: &str, damage: &dyn Fn(&Path), words: &str| {
        let copy = place.join(format!("broken-{name}"));
        let status = std::process::Command::new("cp").args([Path::new("-r"), &second, &copy]).status();
        assert!(status.expect("cp").success());
        damage(&copy);
        let target = tempfile::tempdir().expect("a folder");
        let (success, said) = restore(&copy, target.path()).await;
        assert!(!success && said.contains(words), "{name}: {said}");
        assert!(!target.path().join("bellhop.db").exists(), "{name}: something can be served");
        std::fs::remove_dir_all(&copy).expect("removed");
    };
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).expect("written");
    };
    broken("database", &|copy| flip(&copy.join("bellhop.db")), "damaged").await;
    broken("picture", &|copy| flip(&copy.join(&picture)), "damaged").await;
    let remove = |path: PathBuf| std::fs::remove_file(path).expect("removed");
    broken("gone", &|copy| remove(copy.join(&picture)), "cannot read").await;
    broken("list", &|copy| flip(&copy.join("SHA256SUMS")), "not the list").await;
    broken("unfinished", &|copy| remove(copy.join("backup.json")), "not a finished backup").await;

    let target = tempfile::tempdir().expect("a folder");
    let (success, text) = restore(&second, target.path()).await;
    assert!(success, "{text}");
    let (success, text) = restore(&second, target.path()).await;
    assert!(!success && text.contains("nothing is overwritten"), "{text}");
    remove(target.path().join("bellhop.db"));
    let (success, text) = restore(&second, target.path()).await;
    assert!(!success && text.contains("nothing is overwritten"), "media files are there: {text}");

    // Files are shared with the backup before, and old backups go.
    let third =
        bellhop(&desk.database, &desk.media, &["backup", &place.display().to_string(), "--keep", "2"]).await;
    assert!(third.status.success() && said(&third).contains("(0 new"), "{}", said(&third));
    assert!(!first.exists() && second.exists());
    // A file that is lost is told of, and everything else is backed up.
    std::fs::remove_dir_all(desk.media.join("objects")).expect("removed");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let lacking =
        bellhop(&desk.database, &desk.media, &["backup", &elsewhere.path().display().to_string()]).await;
    assert_eq!(lacking.status.code(), Some(1));
    assert!(said(&lacking).contains("lacks 2 files"), "{}", said(&lacking));
    desk.close().await;
}

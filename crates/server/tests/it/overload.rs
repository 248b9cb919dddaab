//! More than can be served at once: deliveries are taken, readers are told to come again later.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;

use crate::desk::on_both;
use crate::hooks::{deliver, text};

/// Readers at once; the desk has 8 places for them, and 16 to wait.
const READERS: usize = 120;
/// Deliveries that must be taken meanwhile.
const DELIVERIES: usize = 60;

/// Memory in use, in kilobytes; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_taken_while_readers_are_sent_away() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let callback = inbox["callback_url"].as_str().expect("an address").to_owned();
        let config = desk.sim.config().clone();
        let (stop, served, refused) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
        let before = memory();
        let readers = join_all((0..READERS).map(|_| async {
            while !stop.load(Ordering::SeqCst) {
                let reply = owner.get("/api/conversations?state=all").await;
                match reply.status {
                    200 => served.fetch_add(1, Ordering::SeqCst),
                    503 => {
                        assert_eq!(
                            (reply.code().as_str(), reply.header("retry-after")),
                            ("unavailable", "2")
                        );
                        refused.fetch_add(1, Ordering::SeqCst)
                    }
                    status => panic!("a reader got {status}"),
                };
            }
        }));
        let provider = async {
            let browser = desk.browser();
            for number in 0..DELIVERIES {
                // The flood is at its height before the first is counted.
                while number == 0 && refused.load(Ordering::SeqCst) < READERS as u64 {
                    tokio::task::yield_now().await;
                }
                let body = text(&config.phone_number_id, &format!("wamid.{number}"), "hello");
                deliver(&browser, &callback, &body, &config.app_secret).await.expect_status(200);
            }
            stop.store(true, Ordering::SeqCst);
        };
        tokio::join!(readers, provider);
        assert!(served.load(Ordering::SeqCst) > 0, "some readers are served all the time");
        let grown = memory().saturating_sub(before);
        assert!(grown < 300 << 10, "{grown} kB more");
        // When it is over everything is as before.
        owner.get("/api/conversations?state=all").await.expect_status(200);
        desk.settle().await;
        assert_eq!(desk.thread(&owner, &desk.only_conversation(&owner).await).await.len(), 50, "a page");
    })
    .await;
}

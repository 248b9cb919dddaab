//! The media store in S3-compatible storage: a real server of that protocol, which can be made to fail.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use app::files::{Bucket, Files};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use model::{Secret, WorkspaceId};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tower::ServiceExt;

pub(crate) const KEY: &str = "AKIABELLHOPTEST";
pub(crate) const SECRET: &str = "not a secret of anybody";

/// What the storage does with a request instead of answering it: 0 nothing, 1 never answers, else this status.
pub(crate) type Trouble = Arc<AtomicU16>;

const HANGS: u16 = 1;

/// How long a busy machine may take.
const BUSY: Duration = Duration::from_secs(60);

/// A storage with a bucket `media` whose objects lie in a folder.
pub(crate) async fn storage(folder: &Path) -> (SocketAddr, Trouble) {
    std::fs::create_dir(folder.join("media")).expect("a bucket");
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).expect("a store"));
    builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let (service, trouble) = (builder.build(), Trouble::default());
    let troubled = trouble.clone();
    let router = Router::new().fallback(move |request: Request| {
        let (service, trouble) = (service.clone(), troubled.load(Ordering::SeqCst));
        async move {
            match trouble {
                0 => match service.oneshot(request).await {
                    Ok(response) => response.map(Body::new),
                    Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                },
                HANGS => std::future::pending::<Response>().await,
                status => StatusCode::from_u16(status).expect("a status").into_response(),
            }
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, trouble)
}

fn bucket(address: SocketAddr, patience: Duration) -> Bucket {
    Bucket {
        url: "s3://media/of/bellhop".to_owned(),
        endpoint: format!("http://{address}"),
        access_key_id: KEY.to_owned(),
        secret_access_key: Secret::new(SECRET.to_owned()),
        patience,
        ..Bucket::default()
    }
}

async fn read(files: &Files, key: &str, part: Option<std::ops::Range<u64>>) -> std::io::Result<Vec<u8>> {
    let (size, mut chunks) = files.read(key, part).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    assert_eq!(bytes.len() as u64, size, "as long as was said");
    Ok(bytes)
}

fn picture(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_read_in_parts_and_removed() {
    let (objects, scratch) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (address, _) = storage(objects.path()).await;
    let files = Files::open_bucket(scratch.path(), &bucket(address, BUSY)).expect("a media store");
    // One piece, and one that is larger than a piece of an upload may be.
    for length in [300_000, 24_000_000] {
        let bytes = picture(length);
        let incoming = files.receive_bytes(bytes.clone()).await.expect("received");
        let key = files.keep(WorkspaceId(1), &incoming).await.expect("kept");
        assert_eq!(files.keep(WorkspaceId(1), &incoming).await.expect("kept again"), key);
        assert!(objects.path().join("media/of/bellhop").join(&key).is_file(), "under the prefix");
        assert_eq!(read(&files, &key, None).await.expect("read"), bytes);
        assert_eq!(read(&files, &key, Some(1000..250_000)).await.expect("read"), &bytes[1000..250_000]);
        files.remove(&key).await.expect("removed");
        files.remove(&key).await.expect("removing again is harmless");
        let gone = read(&files, &key, None).await.expect_err("gone");
        assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
    }
    let left = std::fs::read_dir(scratch.path().join("incoming")).expect("a folder").count();
    assert_eq!(left, 0, "nothing stays on its way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_fails_or_hangs_is_an_error_and_afterwards_all_is_well() {
    let (objects, scratch) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (address, trouble) = storage(objects.path()).await;
    let files =
        Files::open_bucket(scratch.path(), &bucket(address, Duration::from_secs(2))).expect("a media store");
    let kept = files.receive_bytes(picture(5000)).await.expect("received");
    let kept = files.keep(WorkspaceId(1), &kept).await.expect("kept");
    let waiting = files.receive_bytes(picture(6000)).await.expect("received");
    for failing in [500, 403, HANGS] {
        trouble.store(failing, Ordering::SeqCst);
        files.keep(WorkspaceId(1), &waiting).await.expect_err("not kept");
        let unread = read(&files, &kept, None).await.expect_err("not read");
        assert_ne!(unread.kind(), std::io::ErrorKind::NotFound, "it is there: {unread}");
        files.remove(&kept).await.expect_err("not removed");
    }
    trouble.store(0, Ordering::SeqCst);
    let key = files.keep(WorkspaceId(1), &waiting).await.expect("kept");
    assert_eq!(read(&files, &key, None).await.expect("read"), picture(6000));
    assert_eq!(read(&files, &kept, None).await.expect("read"), picture(5000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_an_error_that_does_not_tell_it() {
    let (objects, scratch) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (address, _) = storage(objects.path()).await;
    let wrong = Bucket { secret_access_key: Secret::new("hush hush".to_owned()), ..bucket(address, BUSY) };
    assert!(!format!("{wrong:?}").contains("hush"));
    let files = Files::open_bucket(scratch.path(), &wrong).expect("a media store");
    let incoming = files.receive_bytes(picture(100)).await.expect("received");
    let error = files.keep(WorkspaceId(1), &incoming).await.expect_err("refused");
    assert!(!error.to_string().contains("hush"), "{error}");
}

//! Sealed files as streams: chunk by chunk into the store and out of it, also a part from the middle.

use std::io::{self, Read as _, Write as _};
use std::ops::Range;

use aws_lc_rs::digest;
use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use vault::{CHUNK, FileCipher, FileKey, plain_size, sealed_size};

use crate::files::{Files, Incoming, Reading};

/// How many bytes a full chunk has in the store.
const SEALED: u64 = CHUNK as u64 + 16;

fn refused(error: vault::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

impl Files {
    /// Seals a file that has arrived, into another one on its way. What it was before goes when `incoming` is dropped.
    pub async fn seal(&self, incoming: &Incoming, key: &FileKey) -> io::Result<Incoming> {
        let (mut from, size) = (incoming.file.reopen()?, incoming.size);
        let (mut file, cipher) = (self.scratch_file()?, key.prepare().map_err(refused)?);
        let sealing = move || {
            let mut hash = digest::Context::new(&digest::SHA256);
            let (mut left, mut number) = (size, 0);
            loop {
                let mut chunk = vec![0; left.min(CHUNK as u64) as usize];
                from.read_exact(&mut chunk)?;
                left -= chunk.len() as u64;
                cipher.seal(number, left == 0, &mut chunk).map_err(refused)?;
                hash.update(&chunk);
                file.write_all(&chunk)?;
                number += 1;
                if left == 0 {
                    let mut sha256 = [0; 32];
                    sha256.copy_from_slice(hash.finish().as_ref());
                    return Ok(Incoming { file, size: sealed_size(size), sha256, head: Vec::new() });
                }
            }
        };
        tokio::task::spawn_blocking(sealing).await.map_err(io::Error::other)?
    }

    /// Reads a file or a part of it and opens it, where it has a key; those of older versions have none.
    pub async fn open_sealed(
        &self,
        place: &str,
        key: Option<&FileKey>,
        part: Option<Range<u64>>,
    ) -> io::Result<Reading> {
        let Some(key) = key else { return self.read(place, part).await };
        let cipher = key.prepare().map_err(refused)?;
        let sealed = self.size(place).await?;
        let size = plain_size(sealed);
        let part = part.map_or(0..size, |part| part.start.min(size)..part.end.min(size));
        let chunks = sealed.div_ceil(SEALED).max(1);
        let first = (part.start / CHUNK as u64).min(chunks - 1);
        let behind = part.end.div_ceil(CHUNK as u64).clamp(first + 1, chunks);
        let (_, bytes) = self.read(place, Some(first * SEALED..(behind * SEALED).min(sealed))).await?;
        let skip = part.start - first * CHUNK as u64;
        let length = part.end.saturating_sub(part.start);
        let opened = opened(bytes, cipher, first..behind, chunks);
        Ok((length, cut(opened, skip, length)))
    }
}

/// Opens the chunks of a range, of which the file has `chunks`.
fn opened(
    bytes: BoxStream<'static, io::Result<Bytes>>,
    cipher: FileCipher,
    range: Range<u64>,
    chunks: u64,
) -> BoxStream<'static, io::Result<Bytes>> {
    let state = (bytes, BytesMut::new(), cipher, range);
    stream::try_unfold(state, move |(mut bytes, mut held, cipher, mut range)| async move {
        let Some(number) = range.next() else { return Ok(None) };
        let last = number + 1 == chunks;
        while last || held.len() < SEALED as usize {
            match bytes.next().await {
                Some(more) => held.extend_from_slice(&more?),
                None => break,
            }
        }
        let length = held.len().min(SEALED as usize);
        let mut chunk = held.split_to(length).to_vec();
        cipher.open(number, last, &mut chunk).map_err(refused)?;
        Ok::<_, io::Error>(Some((Bytes::from(chunk), (bytes, held, cipher, range))))
    })
    .boxed()
}

/// Leaves out what stands before a part and after it.
fn cut(
    bytes: BoxStream<'static, io::Result<Bytes>>,
    skip: u64,
    length: u64,
) -> BoxStream<'static, io::Result<Bytes>> {
    stream::try_unfold((bytes, skip, length), |(mut bytes, mut skip, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        while let Some(chunk) = bytes.next().await {
            let mut chunk = chunk?;
            let over = skip.min(chunk.len() as u64);
            chunk.advance(over as usize);
            skip -= over;
            chunk.truncate(left.min(chunk.len() as u64) as usize);
            if !chunk.is_empty() {
                let left = left - chunk.len() as u64;
                return Ok::<_, io::Error>(Some((chunk, (bytes, skip, left))));
            }
        }
        Ok(None)
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use model::WorkspaceId;

    use super::*;

    async fn whole(reading: Reading) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        let mut stream = reading.1;
        while let Some(chunk) = stream.next().await {
            all.extend_from_slice(&chunk?);
        }
        assert_eq!(all.len() as u64, reading.0, "the size that was told");
        Ok(all)
    }

    #[tokio::test]
    async fn a_sealed_file_comes_back_whole_and_in_parts_and_shows_nothing() {
        let files = Files::scratch();
        let chunk = CHUNK as u64;
        for size in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 77] {
            let plain: Vec<u8> = b"canary ".iter().copied().cycle().take(size as usize).collect();
            let key = FileKey::from_slice(&[9; 32]).expect("a key");
            let incoming = files.receive_bytes(plain.clone()).await.expect("received");
            let sealed = files.seal(&incoming, &key).await.expect("sealed");
            let place = files.keep(WorkspaceId(1), &sealed).await.expect("kept");
            let kept = whole(files.read(&place, None).await.expect("read")).await.expect("read");
            assert_eq!(kept.len() as u64, sealed_size(size));
            assert!(!kept.windows(6).any(|part| part == b"canary"));
            let read = async |part| whole(files.open_sealed(&place, Some(&key), part).await?).await;
            assert_eq!(read(None).await.expect("opened"), plain);
            for part in [0..1, 5..chunk + 5, chunk - 1..chunk + 1, 2 * chunk..3 * chunk + 77, 10..10] {
                let (from, to) = (part.start.min(size), part.end.min(size));
                let found = read(Some(part.clone())).await.expect("opened");
                assert_eq!(found, &plain[from as usize..to as usize], "{part:?} of {size}");
            }
            let other = FileKey::from_slice(&[8; 32]).expect("a key");
            let wrong = files.open_sealed(&place, Some(&other), None).await.expect("begun");
            // Of an empty file nothing is read.
            assert!(size == 0 || whole(wrong).await.is_err());
        }
    }
}

//! Bodies of deliveries, packed: nearly all of one is the envelope that its provider puts around every message, so it is
//! kept as an LZ4 block that refers to a text in which the envelopes stand already, a dictionary.
//!
//! Form: the number of the dictionary (1 byte), the block. How long the body is stands beside it.

use lz4_flex::block::{compress_into_with_dict, decompress_with_dict, get_maximum_output_size};

use crate::{Error, Result};

/// The longest body that is packed, in bytes, and so the most that one unpacks to. It may become greater and never less:
/// what was packed before must still open.
const LONGEST: usize = 512 * 1024;

/// The dictionaries by their numbers, from 0. One that was used never changes and never goes, because what was packed with
/// it could not be read any more; better words for a provider's envelopes are one more at the end.
///
/// Short is quick: each is read anew for every body. LZ4 remembers every third place of it, so where lines begin, and with
/// them the empty ones between, is worth some bytes.
const DICTIONARIES: [&[u8]; 1] = [include_bytes!("../dictionaries/0.txt")];

/// A body, packed with the newest dictionary; `None` where that is not shorter.
pub(crate) fn pack(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() > LONGEST {
        return None;
    }
    let (number, dictionary) = (DICTIONARIES.len() - 1, DICTIONARIES.last()?);
    let mut packed = vec![0; 1 + get_maximum_output_size(body.len())];
    let (first, block) = packed.split_first_mut()?;
    *first = u8::try_from(number).ok()?;
    let length = 1 + compress_into_with_dict(body, block, dictionary).ok()?;
    packed.truncate(length);
    (length < body.len()).then_some(packed)
}

/// A body of that many bytes, as it came. [`Error::Corrupt`] where nothing of that length was packed so.
pub(crate) fn unpack(packed: &[u8], size: i64) -> Result<Vec<u8>> {
    let corrupt = || Error::Corrupt("a packed body is not what it says".into());
    let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST).ok_or_else(corrupt)?;
    let (number, block) = packed.split_first().ok_or_else(corrupt)?;
    let dictionary = DICTIONARIES.get(usize::from(*number)).ok_or_else(corrupt)?;
    let body = decompress_with_dict(block, size, dictionary).map_err(|_| corrupt())?;
    if body.len() == size { Ok(body) } else { Err(corrupt()) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use proptest::prelude::*;

    use super::*;

    const MESSAGE: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Kofi"},"wa_id":"15550002222","user_id":"US.7"}],"messages":[{"from":"15550002222","from_user_id":"US.7","id":"wamid.HBgLMTU1NTAwMDIyMjIVAgASGBQzQUE=","timestamp":"1780000000","text":{"body":"Is it on its way?"},"type":"text"}]},"field":"messages"}]}]}"#;

    /// [`MESSAGE`], packed with dictionary 0.
    const PACKED: &str = "000fc00623ff00313032323930313239333430333938cf0647bf3135353530303031313131e70202ff003130363534303335\
        32323432393232a30110404b6f6669270004a7010362004032323232770205b2014f55532e37b601060a350000cb0107c101\
        013a000dc501ff004d5455314e5441774d4449794d6a49d4010b2238300100001a040adc01f0024973206974206f6e206974\
        73207761793fcc00085c070fe4090260227d5d7d5d7d";

    #[test]
    fn a_dictionary_never_changes() {
        let sums: Vec<String> =
            DICTIONARIES.iter().map(|text| hex::encode(digest(&SHA256, text).as_ref())).collect();
        assert_eq!(sums, ["e23ef48c8531497e7e6eb7aff9d57f252000040d59b8caf91c4b378ddfd8a18e"]);
    }

    #[test]
    fn what_was_packed_once_still_opens() {
        let packed = hex::decode(PACKED).expect("hex");
        assert_eq!(unpack(&packed, MESSAGE.len() as i64).expect("it opens"), MESSAGE.as_bytes());
    }

    #[test]
    fn of_a_message_little_more_than_what_it_says_is_kept() {
        let packed = pack(MESSAGE.as_bytes()).expect("shorter");
        assert!(packed.len() * 5 < MESSAGE.len() * 2, "{} of {}", packed.len(), MESSAGE.len());
    }

    #[test]
    fn what_does_not_become_shorter_is_not_packed() {
        let noise: Vec<u8> =
            (0..600_u64).flat_map(|n| digest(&SHA256, &n.to_le_bytes()).as_ref().to_vec()).collect();
        for body in [&b""[..], b"{}", b"said", &noise, &vec![b'x'; LONGEST + 1]] {
            assert_eq!(pack(body), None, "{} bytes", body.len());
        }
        assert!(pack(&vec![b'x'; LONGEST]).is_some());
    }

    #[test]
    fn a_length_that_is_not_the_bodys_is_refused() {
        let packed = pack(MESSAGE.as_bytes()).expect("shorter");
        let size = MESSAGE.len() as i64;
        for wrong in [i64::MIN, -1, 0, 1, size - 1, size + 1, LONGEST as i64 + 1, i64::MAX] {
            assert!(matches!(unpack(&packed, wrong), Err(Error::Corrupt(_))), "{wrong}");
        }
        let mut strange = packed;
        strange[0] = u8::MAX;
        assert!(matches!(unpack(&strange, size), Err(Error::Corrupt(_))), "no such dictionary");
        assert!(matches!(unpack(&[], size), Err(Error::Corrupt(_))));
    }

    proptest! {
        #[test]
        fn what_is_packed_opens_as_it_came(
            parts in proptest::collection::vec((0..MESSAGE.len(), 0..200_usize, proptest::collection::vec(any::<u8>(), 0..40)), 0..20),
        ) {
            let mut body = Vec::new();
            for (from, length, noise) in parts {
                body.extend(MESSAGE.bytes().skip(from).take(length));
                body.extend(noise);
            }
            if let Some(packed) = pack(&body) {
                prop_assert!(packed.len() < body.len());
                prop_assert_eq!(unpack(&packed, body.len() as i64).expect("it opens"), body);
            }
        }

        #[test]
        fn strange_bytes_open_to_what_is_said_or_not_at_all(
            mut bytes in proptest::collection::vec(any::<u8>(), 1..300),
            size in 0..5_000_i64,
        ) {
            bytes[0] = 0;
            if let Ok(body) = unpack(&bytes, size) {
                prop_assert_eq!(body.len() as i64, size);
            }
        }
    }
}

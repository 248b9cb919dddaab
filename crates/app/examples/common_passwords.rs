//! Writes the hashes of the commonest passwords, which the product refuses: `cargo run -p app --example
//! common_passwords -- passwords.json crates/app/src/password/guessable.bin`. The list is a JSON array of words; see
//! `password/guessable.rs` for where it comes from.

use std::collections::BTreeSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut named = std::env::args().skip(1);
    let (Some(list), Some(file)) = (named.next(), named.next()) else {
        return Err("name the list and the file to write".into());
    };
    let words: Vec<String> = serde_json::from_str(&std::fs::read_to_string(list)?)?;
    let hashes: BTreeSet<[u8; 4]> =
        words.iter().map(|word| app::password::guessable::hash_of(&word.to_lowercase())).collect();
    std::fs::write(file, hashes.into_iter().flatten().collect::<Vec<u8>>())?;
    Ok(())
}

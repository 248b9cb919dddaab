//! SQL stands in one room, and its engines behind one door.

use super::house::House;

/// Crates that talk to a database.
const ENGINES: &[&str] = &["rusqlite", "tokio_postgres", "deadpool_postgres", "tokio_postgres_rustls"];

/// The only files that may know which engine they run on, and the code beside them.
const BEHIND_THE_DOOR: &[&str] = &[
    "crates/store/src/db/key_door",
    "crates/store/src/db/sqlite",
    "crates/store/src/db/postgres",
    "crates/store/src/db/tls",
    "crates/store/src/search",
    "crates/store/src/testing",
];

/// String literals outside the store that read like SQL.
pub(crate) fn outside_the_store(house: &House) -> Vec<String> {
    let elsewhere = |path: &str| path.starts_with("crates/") && !path.starts_with("crates/store/");
    let mut breaches = Vec::new();
    for (path, source) in house.sources.iter().filter(|(path, _)| elsewhere(path)) {
        for (line, text) in &source.strings {
            if is_sql(text) {
                let start: String = text.trim().chars().take(40).collect();
                breaches.push(format!("{path}:{line}: SQL outside crates/store: {start:?}"));
            }
        }
    }
    breaches
}

/// Engine crates, named anywhere but in the files that may.
pub(crate) fn engines(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    for (room, dependencies) in &house.graph.direct {
        for engine in ENGINES.iter().map(|engine| engine.replace('_', "-")) {
            // What judges the store may not read through it.
            if room != "store" && room != "torture" && dependencies.contains(&engine) {
                breaches.push(format!("{room} depends on {engine}; only store may"));
            }
        }
    }
    let outside = |path: &str| !BEHIND_THE_DOOR.iter().any(|door| path.starts_with(door));
    for (path, source) in
        house.sources.iter().filter(|(path, _)| path.starts_with("crates/") && outside(path))
    {
        for (number, line) in source.shipped() {
            if let Some(engine) = ENGINES.iter().find(|engine| line.contains(&format!("{engine}::"))) {
                breaches.push(format!("{path}:{number}: {engine} outside the engine's own file"));
            }
        }
    }
    breaches
}

/// Pairs of words that make a statement when the first begins it and the second follows.
const STATEMENTS: &[(&str, &str)] = &[
    ("select", "from"),
    ("insert", "into"),
    ("update", "set"),
    ("delete", "from"),
    ("create", "table"),
    ("create", "index"),
    ("create", "trigger"),
    ("create", "view"),
    ("alter", "table"),
    ("drop", "table"),
    ("drop", "index"),
    ("with", "as"),
    ("begin", "immediate"),
    ("savepoint", ""),
    ("pragma", ""),
    ("vacuum", ""),
];

/// Words of prose that no statement of ours holds.
const PROSE: &[&str] =
    &["a", "an", "the", "this", "that", "your", "our", "to", "of", "is", "are", "with", "for", "you"];

/// True when a text is a statement, or the beginning of one.
fn is_sql(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let Some(first) = words.first() else { return false };
    STATEMENTS.iter().any(|(begin, follow)| {
        if !first.eq_ignore_ascii_case(begin) {
            return false;
        }
        let follows = |word: &&str| word.eq_ignore_ascii_case(follow);
        // In capitals nobody means prose; in small letters an article or the like tells prose.
        let prose = |word: &&str| !begin.eq_ignore_ascii_case(word) && PROSE.contains(word);
        let shouted = first.chars().all(char::is_uppercase);
        let complete = match *follow {
            "" => words.len() > 1 || shouted,
            follow => words[1..].iter().any(|word| word.eq_ignore_ascii_case(follow)),
        };
        let shouted = shouted
            && (follow.is_empty()
                || words
                    .iter()
                    .filter(|word| follows(word))
                    .any(|word| word.chars().all(char::is_uppercase)));
        complete && (shouted || !words.iter().any(prose))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_prose() {
        for sql in [
            "SELECT id FROM contact WHERE workspace = $1",
            "select count(*) from message",
            "\n    INSERT INTO inbound (raw) VALUES ($1)",
            "UPDATE job SET state = $1",
            "delete from job where id = $1",
            "WITH due AS (SELECT 1) SELECT 2",
            "CREATE UNIQUE INDEX one_open ON conversation (inbox)",
            "PRAGMA journal_mode = WAL",
        ] {
            assert!(is_sql(sql), "{sql}");
        }
        for prose in [
            "",
            "Select a template from the list",
            "update the settings",
            "update available",
            "with love",
            "delete this message from the list",
            "Insert a picture into your message",
            "create a table of contents",
            "begin",
            "selected",
            "cannot select from this list",
        ] {
            assert!(!is_sql(prose), "{prose}");
        }
    }

    #[test]
    fn sql_in_another_room_is_a_breach() {
        let text = "fn a() { db.run(\"SELECT id FROM contact\"); }\n";
        let check = |path: &str| outside_the_store(&House::with(&[(path, text)])).len();
        assert_eq!(check("crates/app/src/a.rs"), 1);
        assert_eq!(check("crates/server/tests/it/a.rs"), 1);
        assert_eq!(check("crates/store/src/contact.rs"), 0);
    }

    #[test]
    fn an_engine_past_its_door_is_a_breach() {
        let text = "use rusqlite::Connection;\n";
        let check = |path: &str| engines(&House::with(&[(path, text)])).len();
        assert_eq!(check("crates/store/src/contact.rs"), 1);
        assert_eq!(check("crates/store/src/db/sqlite.rs"), 0);
        let mut house = House::with(&[]);
        house.graph.direct.insert("app".into(), std::iter::once("tokio-postgres".to_owned()).collect());
        assert_eq!(engines(&house).len(), 1);
    }
}

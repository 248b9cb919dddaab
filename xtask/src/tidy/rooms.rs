//! The walls between rooms.

use super::house::House;

/// Which room may know which. A room that is not here may know nothing and may not exist.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("vault", &["model"]),
    ("store", &["model", "vault"]),
    ("channels", &["model"]),
    ("ai", &["model"]),
    ("app", &["model", "vault", "store", "channels", "ai"]),
    ("server", &["model", "vault", "store", "channels", "ai", "app", "sim"]),
    ("sim", &[]),
    ("bench", &["model", "vault", "store", "channels", "app", "server"]),
    ("torture", &["model", "vault", "sim"]),
    ("lab", &["model", "ai"]),
    ("fuzz", &["model", "store", "channels", "ai", "app", "server"]),
    ("xtask", &[]),
];

/// Rooms without IO, without async, without a clock.
const PURE: &[&str] = &["model", "vault", "channels", "ai"];

/// Crates that do IO or run futures.
const IO_CRATES: &[&str] = &[
    "async-std",
    "axum",
    "curl",
    "futures-executor",
    "hyper",
    "mio",
    "object_store",
    "polling",
    "postgres",
    "reqwest",
    "rusqlite",
    "smol",
    "socket2",
    "tokio",
    "tokio-postgres",
    "tungstenite",
    "ureq",
    "walkdir",
];

/// Parts of the standard library that reach outside the process or start something.
const IO_MODULES: &[&str] = &["fs", "net", "process", "thread", "env"];

/// Edges of the workspace that no wall has a door for.
pub(crate) fn walls(house: &House) -> Vec<String> {
    let direct = &house.graph.direct;
    let mut breaches = Vec::new();
    for (room, dependencies) in direct {
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
            breaches.push(format!("{room}: a new room; say in xtask/src/tidy/rooms.rs what it may know"));
            continue;
        };
        for known in dependencies.iter().filter(|name| direct.contains_key(*name)) {
            if !allowed.contains(&known.as_str()) {
                breaches.push(format!("{room} may not depend on {known}"));
            }
        }
    }
    breaches
}

/// IO in a pure room, by what it links and by what it says.
pub(crate) fn purity(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    for room in PURE {
        for found in house.graph.shipped.get(*room).into_iter().flatten() {
            if IO_CRATES.contains(&found.as_str()) {
                breaches
                    .push(format!("{room} links {found}, which does IO (`cargo tree -p {room} -i {found}`)"));
            }
        }
        let folder = format!("crates/{room}/src/");
        for (path, source) in house.sources.iter().filter(|(path, _)| path.starts_with(&folder)) {
            for (number, line) in source.shipped() {
                for module in IO_MODULES {
                    if mentions_std(line, module) {
                        breaches.push(format!("{path}:{number}: std::{module} in a pure room"));
                    }
                }
                if has_word(line, "async") || line.contains(".await") {
                    breaches.push(format!("{path}:{number}: async in a pure room"));
                }
            }
        }
    }
    breaches
}

/// Connections opened anywhere but behind the guard of outgoing connections.
pub(crate) fn egress(house: &House) -> Vec<String> {
    const OPENING: &[&str] = &[
        "reqwest::get",
        "reqwest::Client::new",
        "Client::builder()",
        "ClientBuilder::new",
        "TcpStream::connect",
        "UdpSocket::",
    ];
    let guarded = |path: &str| {
        ["crates/app/src/", "crates/server/src/"].iter().any(|room| path.starts_with(room))
            && path != "crates/app/src/egress.rs"
            && !path.starts_with("crates/app/src/egress/")
    };
    let mut breaches = Vec::new();
    for (path, source) in house.sources.iter().filter(|(path, _)| guarded(path)) {
        for (number, line) in source.shipped() {
            if let Some(opening) = OPENING.iter().find(|opening| line.contains(**opening)) {
                breaches.push(format!("{path}:{number}: {opening} outside crates/app/src/egress.rs"));
            }
        }
    }
    breaches
}

/// Crates that choose versions or lints for themselves.
pub(crate) fn inheritance(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    for (path, text) in &house.files {
        if !path.ends_with("/Cargo.toml") {
            continue;
        }
        let Ok(manifest) = text.parse::<toml::Table>() else {
            breaches.push(format!("{path}: not readable as TOML"));
            continue;
        };
        let inherits =
            |value: &toml::Value| value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
        if !manifest.get("lints").is_some_and(inherits) {
            breaches.push(format!("{path}: lints are not those of the workspace"));
        }
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let listed = manifest.get(kind).and_then(toml::Value::as_table);
            for (name, value) in listed.into_iter().flatten() {
                if !inherits(value) {
                    breaches.push(format!("{path}: {name} does not come from the workspace"));
                }
            }
        }
    }
    breaches
}

/// True when a line names `std::module`, alone or in a group like `use std::{fmt, fs};`.
fn mentions_std(line: &str, module: &str) -> bool {
    line.match_indices("std::").any(|(at, _)| {
        let after = &line[at + "std::".len()..];
        match after.strip_prefix('{') {
            Some(group) => group
                .split([',', '{', '}'])
                .any(|item| item.trim().split("::").next().is_some_and(|first| first.trim() == module)),
            None => after.strip_prefix(module).is_some_and(|rest| !rest.starts_with(is_word)),
        }
    })
}

/// True when a line holds a word that is not part of a longer one.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(house: &mut House, room: &str, direct: &[&str], shipped: &[&str]) {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        house.graph.direct.insert(room.to_owned(), set(direct));
        house.graph.shipped.insert(room.to_owned(), set(shipped));
    }

    #[test]
    fn an_edge_through_a_wall_is_a_breach() {
        let mut house = House::with(&[]);
        add(&mut house, "model", &["serde"], &["serde"]);
        add(&mut house, "store", &["model", "rusqlite"], &[]);
        add(&mut house, "channels", &["model"], &[]);
        add(&mut house, "app", &["model", "store", "channels"], &[]);
        assert!(walls(&house).is_empty());
        add(&mut house, "store", &["model", "channels"], &[]);
        assert_eq!(walls(&house), ["store may not depend on channels"]);
        add(&mut house, "shed", &[], &[]);
        assert_eq!(walls(&house).len(), 2);
    }

    #[test]
    fn io_in_a_pure_room_is_a_breach() {
        let path = "crates/model/src/x.rs";
        for (text, expected) in [
            ("use std::fmt;\n/// std::fs is not used\nfn a() {}\n", 0),
            ("#[cfg(test)]\nmod tests { use std::fs; }\n", 0),
            ("use std::fs;\n", 1),
            ("use std::{collections::BTreeMap, net};\n", 1),
            ("use std::{collections::{BTreeMap}, fs::File};\n", 1),
            ("fn a() { std::thread::spawn(|| {}); }\n", 1),
            ("async fn a() {}\n", 1),
        ] {
            assert_eq!(purity(&House::with(&[(path, text)])).len(), expected, "{text}");
        }
        let mut house = House::with(&[]);
        add(&mut house, "ai", &["model"], &["model", "mio"]);
        assert_eq!(purity(&house).len(), 1);
    }

    #[test]
    fn a_connection_past_the_guard_is_a_breach() {
        let text = "fn a() { let c = reqwest::Client::new(); }\n";
        let check = |path: &str| egress(&House::with(&[(path, text)])).len();
        assert_eq!(check("crates/app/src/deliver.rs"), 1);
        assert_eq!(check("crates/app/src/egress.rs"), 0);
        assert_eq!(check("crates/sim/src/webhook.rs"), 0);
        assert_eq!(check("crates/server/tests/it/desk.rs"), 0);
    }

    #[test]
    fn a_crate_with_its_own_version_is_a_breach() {
        let good = "[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
        let bad = "[dependencies]\nserde = \"1\"\n[dev-dependencies]\ntempfile = { workspace = true }\n";
        let check = |text: &str| inheritance(&House::with(&[("crates/a/Cargo.toml", text)])).len();
        assert_eq!(check(good), 0);
        assert_eq!(check(bad), 2);
        assert_eq!(check("= no toml"), 1);
    }
}

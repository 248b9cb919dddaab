//! No column is forgotten.

use std::collections::BTreeSet;

use super::*;
use crate::sample::write;
use crate::values::Sql;
use crate::{Engine, testing};

/// The indexes of messages and of names are the engine's own; they hold keyed hashes and go with what they are of.
const OWN: [&str; 3] = ["message_term", "contact_term", "identity_term"];

fn declared() -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for table in TABLES {
        let personal = table.personal.iter().map(|column| column.name);
        for column in table.plain.split_whitespace().chain(personal) {
            assert!(all.insert((table.name.to_owned(), column.to_owned())), "{}.{column} twice", table.name);
        }
    }
    all
}

#[tokio::test]
async fn every_column_of_the_live_schema_says_what_it_is() {
    testing::on_both(|db| async move {
        let sql = match db.engine() {
            Engine::Sqlite => {
                "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
                WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
            }
            Engine::Postgres => {
                "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns
                WHERE table_schema = current_schema()"
            }
        };
        let live: BTreeSet<(String, String)> = write(&db, move |tx| {
            Box::pin(async move {
                let rows = tx.query_map(Sql::built(sql), &[], |row| Ok((row.take()?, row.take()?))).await?;
                Ok(rows
                    .into_iter()
                    .filter(|(table, _): &(String, String)| !OWN.iter().any(|own| table.starts_with(own)))
                    .collect())
            })
        })
        .await;
        let declared = declared();
        let missing: Vec<_> = live.difference(&declared).collect();
        assert!(missing.is_empty(), "say in personal.rs what these columns hold: {missing:?}");
        let gone: Vec<_> = declared.difference(&live).collect();
        assert!(gone.is_empty(), "personal.rs names columns that are not there: {gone:?}");
    })
    .await;
}

#[test]
fn what_is_of_a_customer_is_exported_erased_and_sealed_or_says_why_not() {
    for (table, column) in of_customers() {
        let reasons = [
            match column.export {
                Export::In(_) => None,
                Export::Not(why) => Some(why),
            },
            match column.erase {
                Erase::Stays(why) => Some(why),
                Erase::Row | Erase::Emptied | Erase::Key => None,
            },
            match column.seal {
                Seal::Plain(why) => Some(why),
                Seal::Person | Seal::Workspace | Seal::Hashed | Seal::Formerly => None,
            },
        ];
        for why in reasons.into_iter().flatten() {
            assert!(why.len() > 10, "{table}.{}: {why:?} is no reason", column.name);
        }
        // What stays readable after an erasure would have to be sealed with a key that goes.
        if matches!(column.erase, Erase::Key) {
            assert_eq!(column.seal, Seal::Person, "{table}.{}", column.name);
        }
    }
}

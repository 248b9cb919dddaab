//! The processes that share the database.

use std::fmt::Write as _;

use app::node::Node;
use model::Millis;

use super::{Failure, say};
use crate::config::Config;
use crate::serve;

/// Prints the nodes that run, and those that ended without a goodbye within the last day.
///
/// # Errors
/// When the database cannot be used.
pub(super) async fn command(config: &Config) -> Result<(), Failure> {
    let app = serve::open(config).await?;
    let (nodes, now, own) = (app::node::list(&app).await?, app.now(), i64::from(app.node.number()));
    app.close().await;
    let others: Vec<Node> = nodes.into_iter().filter(|node| node.number != own).collect();
    say(table(&others, now).trim_end())
}

fn table(nodes: &[Node], now: Millis) -> String {
    if nodes.is_empty() {
        return "no node runs".to_owned();
    }
    let mut text = format!("{:>4}  {:10}  {:20}  {:>9}  {}\n", "node", "version", "roles", "up", "machine");
    for node in nodes {
        let up = match (now - node.started_at).0 / 1000 {
            _ if node.silent => "silent".to_owned(),
            seconds @ ..3600 => format!("{} min", seconds / 60),
            seconds @ ..172_800 => format!("{} h", seconds / 3600),
            seconds => format!("{} days", seconds / 86_400),
        };
        // Writing to text cannot fail.
        let _ = writeln!(
            text,
            "{:>4}  {:10}  {:20}  {up:>9}  {}",
            node.number, node.version, node.roles, node.name
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_node_is_seen() {
        let node = |number, started_at, silent| Node {
            number,
            name: "here 127.0.0.1:8080".to_owned(),
            roles: "web worker".to_owned(),
            version: "0.1.0".to_owned(),
            started_at: Millis(started_at),
            silent,
        };
        let now = Millis::days(30);
        let text = table(&[node(3, 0, false), node(4, 0, true), node(5, now.0 - 90_000, false)], now);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("   3") && lines[1].contains("30 days"), "{text}");
        assert!(lines[2].contains("silent") && lines[3].contains("1 min"), "{text}");
        assert_eq!(table(&[], now), "no node runs");
    }
}

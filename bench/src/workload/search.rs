//! Search in what messages say, on a short and on a long history, after everything was indexed.

use std::time::Duration;

use super::list::ask;
use crate::data::Size;
use crate::figure::{Figure, Findings};
use crate::http::{self, Line};
use crate::stage::Stage;

/// What is looked for: its name, the words as they stand in an address, and the bar in milliseconds. The number of a
/// message, which stands in it, is the rarest word there is.
const WORDS: &[(&str, &str, f64)] = &[
    ("a word of one message", "", 1.0),
    ("a word of every tenth", "parcel", 20.0),
    ("two words", "delivery%20address", 20.0),
    ("a phrase", "%22habitaci%C3%B3n%20doble%22", 20.0),
    ("Chinese", "%E9%A2%84%E8%AE%A2%E6%97%A5%E6%9C%9F", 20.0),
    ("what nobody wrote", "zzyzx", 20.0),
];

/// Each at every size.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    for size in stage.histories() {
        let Size { messages, .. } = size;
        let data = stage.data(size).await?;
        let running = stage.start_on(&data).await?;
        let (address, desk) = (&running.program.address, &running.desks[0]);
        running.program.rest(Duration::from_secs(60)).await?;
        let mut line = Line::open(address).await?;
        let rare = (messages / 2 + 1).to_string();
        for (name, words, bar) in WORDS {
            let words = if words.is_empty() { &rare } else { *words };
            let request = http::get(address, &format!("/api/search?q={words}"), &desk.token);
            let answer = line.exchange(&request).await?.json()?;
            let found = answer["items"].as_array().map_or(0, Vec::len);
            anyhow::ensure!((found > 0) == (words != "zzyzx"), "looking for {words} found {found} messages");
            let (p99, cpu) = ask(stage, &running, &mut line, &request).await?;
            findings.add(
                Figure::new(format!("{name}, p99 at {messages} messages"), p99, "ms")
                    .at_most(*bar)
                    .note(format!("{cpu:.0} µs of processor")),
            );
        }
        running.program.stop().await?;
    }
    Ok(findings)
}

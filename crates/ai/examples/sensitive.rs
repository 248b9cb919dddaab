//! How long the detector takes: `cargo run --release -p ai --example sensitive [file of texts, one a line]`.

use std::hint::black_box;
use std::time::Instant;

#[expect(clippy::print_stdout, reason = "a measurement prints what it measured")]
fn main() -> std::io::Result<()> {
    let own = include_str!("../src/sensitive/chat.txt").to_owned();
    let texts = std::env::args().nth(1).map_or(Ok(own), std::fs::read_to_string)?;
    let lines: Vec<&str> = texts.lines().collect();
    let mut worst = 0.0_f64;
    let mut times = Vec::new();
    // The first reading builds the tables.
    black_box(ai::sensitive::find("4111 1111 1111 1111"));
    for line in &lines {
        let begin = Instant::now();
        for _ in 0..20 {
            black_box(ai::sensitive::find(black_box(line)));
        }
        let each = begin.elapsed().as_secs_f64() * 1e6 / 20.0;
        worst = worst.max(each);
        times.push(each);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let bytes: usize = lines.iter().map(|line| line.len()).sum();
    println!(
        "{} texts of {} bytes on average: mean {mean:.1} µs, median {:.1} µs, 99 of 100 within {:.1} µs, worst {worst:.1} µs",
        lines.len(),
        bytes / lines.len().max(1),
        at(50),
        at(99),
    );
    Ok(())
}

//! `cargo xtask fuzz`: one reader of foreign bytes, tried by libFuzzer with the address sanitizer. It needs clang's C++
//! library, a stable compiler and nothing else; cargo-fuzz may be used as well, in the folder `fuzz`.

use crate::{Outcome, process};
use anyhow::{Context, bail};
use std::path::Path;

/// Arguments of `fuzz`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which targets; all of them, one after the other, when none is named
    targets: Vec<String>,
    /// For how many seconds each
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// What lets the engine see which ways the program takes.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=1 --cfg fuzzing";

/// Runs targets.
///
/// # Errors
/// When there is no such target, it cannot be built, or something did not hold: the bytes are then in `target/fuzz`.
pub(crate) fn command(root: &Path, args: &Args) -> Outcome {
    let mut known: Vec<String> = std::fs::read_dir(root.join("fuzz/fuzz_targets"))
        .context("cannot list fuzz/fuzz_targets")?
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    known.sort();
    if let Some(wrong) = args.targets.iter().find(|name| !known.contains(name)) {
        bail!("no target {wrong}; there are {}", known.join(", "));
    }
    let host = process::read(&mut process::command(root, "rustc", &["-vV"]))?;
    let host =
        host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?;
    for name in if args.targets.is_empty() { &known } else { &args.targets } {
        let place = root.join("target/fuzz").join(name);
        std::fs::create_dir_all(&place)?;
        let corpus = place.display().to_string();
        let seconds = format!("-max_total_time={}", args.seconds);
        let found = format!("-artifact_prefix={corpus}-");
        let build = [
            "run",
            "--release",
            "--locked",
            "--package",
            "fuzz",
            "--features",
            "libfuzzer",
            "--target",
            host,
        ];
        let run = [
            "--bin",
            name,
            "--",
            &corpus,
            &seconds,
            &found,
            "-timeout=5",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
        ];
        let mut cargo = process::cargo(root, &[build.as_slice(), &run].concat());
        // The engine's switches are not stable yet; the product itself never needs this.
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", FLAGS)
            .env("CARGO_TARGET_DIR", root.join("target/fuzz-build"));
        process::run(&mut cargo)
            .with_context(|| format!("{name} does not hold; the bytes are beside {corpus}"))?;
    }
    Ok(())
}

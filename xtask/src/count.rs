//! Counts out of what test runners print, and what they say of failures.

use anyhow::{Result, bail};
use std::collections::BTreeSet;

/// How many checks held, did not, or were not made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Held.
    pub(crate) passed: u64,
    /// Did not hold.
    pub(crate) failed: u64,
    /// Not made.
    pub(crate) skipped: u64,
    /// What the runner said of those that did not hold, in its own lines.
    pub(crate) why: Vec<String>,
}

impl Count {
    /// One check that holds when `outcome` is good.
    ///
    /// # Errors
    /// The error of `outcome`.
    pub(crate) fn one(outcome: Result<()>) -> Result<Self> {
        outcome.map(|()| Self { passed: 1, ..Self::default() })
    }

    /// Adds another count; what was said of failures stays where it was said.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The count in a runner's output, once it has ended.
    ///
    /// # Errors
    /// When the output holds no count, or a count without a test: a run that tests nothing has not passed.
    pub(crate) fn of(success: bool, output: &str) -> Result<Self> {
        let mut count = Self::default();
        let lines: Vec<String> = output.lines().map(|line| plain(line).trim().to_owned()).collect();
        // nextest repeats what a failing test printed, which has a count of its own.
        let nextest = lines.iter().any(|line| line.starts_with(NEXTEST));
        for line in lines.iter().filter(|line| !nextest || line.starts_with(NEXTEST)) {
            if let Some(found) = line_count(line) {
                count.add(&found);
            }
        }
        if !success {
            // A crash may leave only passed tests behind.
            count.failed = count.failed.max(1);
            count.why = failures(&lines);
        } else if count.passed == 0 {
            bail!("the run ended well but no test was counted in its output");
        }
        Ok(count)
    }
}

/// How lines begin that tell of a failure: nextest's and Vitest's, the journeys', the torture's, a compiler's.
const FAILURES: &[&str] = &["FAIL ", "TIMEOUT ", "SIGABRT ", "SIGSEGV ", "✗ ", "WRONG ", "error"];
/// How many lines go with one: the place of a panic is followed by what was wrong.
const WITH_IT: usize = 2;
/// The most lines that are repeated.
const REPEATED: usize = 80;

/// The lines that tell of failures, each once.
fn failures(lines: &[String]) -> Vec<String> {
    let tells = |line: &str| {
        FAILURES.iter().any(|mark| line.starts_with(mark))
            || line.contains(": FAILED")
            || line.contains(" panicked at ")
    };
    let mut told = BTreeSet::new();
    let mut all = Vec::new();
    let mut until = 0;
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| tells(line)) {
        if told.insert(line) {
            // What went with the last one is there already.
            let from = place.max(until);
            until = (place + 1 + WITH_IT).min(lines.len());
            all.extend(lines[from..until].iter().filter(|line| !line.is_empty()).cloned());
        }
    }
    all.truncate(REPEATED);
    all
}

/// How nextest's summary begins.
const NEXTEST: &str = "Summary [";

/// The count in one line, if the line is a summary of a runner we know.
fn line_count(line: &str) -> Option<Count> {
    // nextest: `Summary [ 1.2s] 3 tests run: 2 passed (1 slow), 1 failed, 4 skipped`
    if line.starts_with(NEXTEST)
        && let Some((_, counts)) = line.split_once(" run: ")
    {
        return Some(words(counts));
    }
    // cargo test: `test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; …`
    if let Some(counts) = line.strip_prefix("test result: ") {
        return Some(words(counts));
    }
    // Vitest: `Tests  1 failed | 2 passed (3)`
    if let Some(counts) = line.strip_prefix("Tests ") {
        return Some(words(counts));
    }
    // node:test: `ℹ pass 2` or `# pass 2`
    if let Some((mark, rest)) = line.split_once(' ')
        && matches!(mark, "ℹ" | "#")
        && let Some((word, number)) = rest.split_once(' ')
    {
        return number.parse().ok().and_then(|number| named(word, number));
    }
    // Our journeys: `9 passed, 1 failed, 2 skipped`
    if line.split_once(" passed, ").is_some_and(|(number, _)| number.parse::<u64>().is_ok()) {
        return Some(words(line));
    }
    // Playwright: one line each, `2 passed (1.4m)`, `1 failed`, `3 skipped`, `1 flaky`
    let mut parts = line.split_whitespace();
    let number = parts.next()?.parse().ok()?;
    let word = parts.next()?;
    let rest = parts.next();
    rest.is_none_or(|rest| rest.starts_with('(')).then(|| named(word, number)).flatten()
}

/// Every `<number> <word>` of a line.
fn words(text: &str) -> Count {
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ",;|()".contains(c))
        .filter(|part| !part.is_empty())
        .collect();
    let mut count = Count::default();
    for pair in parts.windows(2) {
        if let Some(found) = pair[0].parse().ok().and_then(|number| named(pair[1], number)) {
            count.add(&found);
        }
    }
    count
}

fn named(word: &str, number: u64) -> Option<Count> {
    let mut count = Count::default();
    match word {
        "passed" | "pass" => count.passed = number,
        // A test that passes only sometimes has not passed.
        "failed" | "fail" | "flaky" | "timed" | "cancelled" => count.failed = number,
        "skipped" | "ignored" | "todo" => count.skipped = number,
        _ => return None,
    }
    Some(count)
}

/// A line without terminal colours.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        rest = after.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, after)| after);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expected: [u64; 3]) {
        let failed = expected[1];
        let found = Count::of(failed == 0, output).unwrap();
        assert_eq!([found.passed, found.failed, found.skipped], expected, "{output}");
    }

    #[test]
    fn every_runner_is_counted() {
        check("     Summary [   0.123s] 12 tests run: 12 passed (2 slow), 3 skipped\n", [12, 0, 3]);
        check(
            "     Summary [   9.1s] 5/9 tests run: 3 passed, 1 failed, 1 timed out, 0 skipped\n",
            [3, 2, 0],
        );
        check("test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out\n", [2, 0, 1]);
        check("test result: ok. 2 passed; 0 failed\ntest result: ok. 5 passed; 0 failed\n", [7, 0, 0]);
        check(" Test Files  2 passed (2)\n      Tests  1 failed | 12 passed | 2 skipped (15)\n", [12, 1, 2]);
        check(
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m4 passed\u{1b}[39m\u{1b}[22m (4)\n",
            [4, 0, 0],
        );
        check("  1 failed\n    it.spec.ts:3 › x\n  2 skipped\n  9 passed (1.4m)\n", [9, 1, 2]);
        check("ℹ tests 3\nℹ pass 2\nℹ fail 0\nℹ skipped 1\nℹ todo 0\n", [2, 0, 1]);
        check("✓ writes (1.2 s)\n✗ 3 passed by (2 s)\n\n9 passed, 1 failed, 2 skipped\n", [9, 1, 2]);
        check("# pass 2\n# fail 1\n", [2, 1, 0]);
        check("✓ first start (9.0 s)\n\n12 passed, 0 failed\n", [12, 0, 0]);
        check("✗ first start (9.0 s)\n\n10 passed, 1 failed, 2 skipped\n", [10, 1, 2]);
    }

    #[test]
    fn what_a_failing_test_printed_is_not_counted_again() {
        check(
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored\n     Summary [ 9.1s] 3 tests run: 2 passed, 1 failed\n",
            [2, 1, 0],
        );
    }

    #[test]
    fn what_was_said_of_failures_is_kept_once() {
        let output = "--- power\nWRONG        lost: a text\npower: FAILED in 3 s, 1 findings\n✓ writes (1 s)\n\n\
            thread 'a' panicked at b.rs:1:2:\nassertion failed: c\n   FAIL [ 0.1s] store a\n   FAIL [ 0.1s] store a\n1 passed, 1 failed\n";
        let why = Count::of(false, output).unwrap().why.join("\n");
        for said in ["WRONG        lost: a text", "power: FAILED", "b.rs:1:2", "assertion failed: c"] {
            assert!(why.contains(said), "{said} is not in {why}");
        }
        assert_eq!(why.matches("power: FAILED").count(), 1, "{why}");
        assert!(Count::of(true, "WRONG\n1 passed, 0 failed\n").unwrap().why.is_empty());
    }

    #[test]
    fn a_run_without_tests_has_not_passed() {
        assert!(Count::of(true, "all is well\n").is_err());
        assert!(Count::of(true, "test result: ok. 0 passed; 0 failed; 3 ignored\n").is_err());
    }

    #[test]
    fn a_crash_counts_as_a_failure() {
        check("error: could not compile\n", [0, 1, 0]);
        check("test result: ok. 2 passed; 0 failed\nerror: process aborted\n", [2, 1, 0]);
    }
}

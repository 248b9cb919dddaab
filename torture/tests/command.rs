//! The command, as a person starts it.

use std::process::Command;

fn torture(args: &[&str]) -> (bool, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_torture")).args(args).output().expect("it starts");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn it_says_what_it_can() {
    let (well, said) = torture(&["--help"]);
    assert!(well && ["--program", "--seed", "--long"].iter().all(|one| said.contains(one)), "{said}");
}

#[test]
fn a_run_of_nothing_has_not_passed() {
    let (well, said) = torture(&["--program", "/nowhere", "no run has this name"]);
    assert!(!well && said.contains("0 passed, 0 failed, 0 skipped"), "{said}");
}

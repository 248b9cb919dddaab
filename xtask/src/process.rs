//! Other programs: run them, show them, read what they say.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// A command that starts in `dir`.
pub(crate) fn command(dir: &Path, program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir);
    command
}

/// The cargo that runs us, so that a `+toolchain` stays in force.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    command(root, &program, args)
}

/// Runs a command with our own input and output.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = show(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed with {status}");
    }
    Ok(())
}

/// Runs a command silently and returns its standard output.
///
/// # Errors
/// When it cannot be started or does not succeed; carries its standard error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = show(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print UTF-8"))
}

/// Runs a command and shows its output only if it fails; else its last line, where tools say the result.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    let line = show(command);
    println!("$ {line}");
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        println!("{said}{}", String::from_utf8_lossy(&output.stderr));
        bail!("`{line}` failed with {}", output.status);
    }
    if let Some(last) = said.trim_end().lines().next_back() {
        println!("{}", last.trim());
    }
    Ok(())
}

/// What a followed command said and how it ended.
pub(crate) struct Followed {
    /// True when it exited with zero.
    pub(crate) success: bool,
    /// Standard output and standard error together, in the order of arrival.
    pub(crate) text: String,
}

/// Runs a command, shows its output as it comes and keeps a copy to count from.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn follow(command: &mut Command) -> Result<Followed> {
    let line = show(command);
    println!("$ {line}");
    // One thread copies each stream; the channel keeps the lines of both in order of arrival.
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let (lines, received) = std::sync::mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|s| Box::new(s) as _), child.stderr.take().map(|s| Box::new(s) as _)];
    for stream in streams.into_iter().flatten() {
        let lines = lines.clone();
        thread::spawn(move || copy_lines(stream, &lines));
    }
    drop(lines);
    let mut text = String::new();
    for line in received {
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    let status = child.wait().with_context(|| format!("cannot wait for `{line}`"))?;
    Ok(Followed { success: status.success(), text })
}

fn copy_lines(stream: impl Read, lines: &std::sync::mpsc::Sender<String>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    // Not `lines()`: one byte that is not UTF-8 must not silence the rest.
    while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let said = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
        if lines.send(said).is_err() {
            return;
        }
        line.clear();
    }
}

/// A child that ends with us: told to stop when dropped, and killed after a grace.
///
/// On ctrl-c the terminal tells the whole process group, so children end by themselves.
pub(crate) struct Running {
    child: std::process::Child,
    name: String,
}

impl Running {
    /// Starts a command in the background.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = show(command);
        println!("$ {name} &");
        let child = command.spawn().with_context(|| format!("cannot start `{name}`"))?;
        Ok(Self { child, name })
    }

    /// True while the child has not ended.
    pub(crate) fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When it ends with anything but success.
    pub(crate) fn wait(mut self) -> Result<()> {
        let status = self.child.wait().with_context(|| format!("cannot wait for `{}`", self.name))?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.name);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.alive() {
            return;
        }
        // std can only kill; ask politely first so that the child can end its own children.
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success());
        for _ in 0..if asked { 100 } else { 0 } {
            if !self.alive() {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command as a person would type it.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for arg in command.get_args() {
        let arg = arg.to_string_lossy();
        line.push(' ');
        if arg.is_empty() || arg.contains(' ') {
            line.push_str(&format!("'{arg}'"));
        } else {
            line.push_str(&arg);
        }
    }
    line
}

/// Prints a heading.
pub(crate) fn heading(text: &str) {
    println!("\n=== {text} ===");
    let _ = std::io::stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follow_keeps_both_streams_and_the_exit() {
        let script = "echo out; echo err >&2; printf 'bad \\377 byte\\n'; exit 3";
        let followed = follow(&mut command(Path::new("/"), "sh", &["-c", script])).unwrap();
        assert!(!followed.success);
        assert!(followed.text.contains("out\n") && followed.text.contains("err\n"), "{}", followed.text);
        assert!(followed.text.contains("byte\n"), "{}", followed.text);
    }

    #[test]
    fn a_failing_command_says_what_it_was() {
        let error = read(&mut command(Path::new("/"), "sh", &["-c", "echo why >&2; exit 1"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("why") && text.contains("'echo why >&2; exit 1'"), "{text}");
    }

    #[test]
    fn a_dropped_child_is_gone() {
        let running = Running::start(&mut command(Path::new("/"), "sleep", &["60"])).unwrap();
        let id = running.child.id();
        drop(running);
        let status =
            Command::new("kill").args(["-0", &id.to_string()]).stderr(Stdio::null()).status().unwrap();
        assert!(!status.success());
    }
}

//! Bellhop: a self-hosted customer service platform in one program.

fn main() -> std::process::ExitCode {
    server::cli::run()
}

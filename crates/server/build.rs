//! Tells cargo that the program changes when the console does.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Debug builds read the console from disk while they run. A release build without a console is made anew
    // each time, because a missing folder counts as changed: so that it is noticed when the console appears.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../web/console/dist");
    }
}

//! The server room: HTTP and WebSocket, the embedded console, configuration and the command line.

pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
mod listen;
pub mod log;
pub mod metrics;
pub mod realtime;
pub mod serve;
pub mod site;
pub mod telemetry;
pub mod tls;

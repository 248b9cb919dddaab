//! The server room: HTTP and WebSocket, the embedded console, configuration and the command line.

pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
pub mod log;
pub mod realtime;
pub mod serve;
pub mod site;

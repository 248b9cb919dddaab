//! The server as a whole, over HTTP and WebSocket, on both engines, with the simulated provider.

mod authenticator;
mod bot;
mod browser;
mod desk;
mod wire;

mod account;
mod alarm;
mod api_token;
mod backup;
mod bucket;
mod canary;
mod command;
mod corpus;
mod deploy;
mod doctor;
mod document;
mod gap;
mod hooks;
mod hostile;
mod knowledge;
mod log;
mod media;
mod metrics;
mod nodes;
mod overload;
mod privacy;
mod protection;
mod rights;
mod search;
mod sensitive;
mod sign_in;
mod stream;
mod telemetry;
mod two_ways;
mod uploads;

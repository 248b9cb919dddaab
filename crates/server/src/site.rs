//! What every handler shares.

use std::sync::Arc;

use app::App;
use axum::extract::FromRef;
use model::Secret;

use crate::http::admission::Admission;
use crate::http::door::Door;
use crate::http::pace::Pace;
use crate::http::security_text::SecurityText;
use crate::metrics::Meters;
use crate::realtime::Hub;

/// What every handler shares; cheap to clone.
#[derive(Clone)]
pub struct Site {
    /// The use cases.
    pub app: Arc<App>,
    /// The open sockets.
    pub hub: Arc<Hub>,
    /// Who may come in, and from where.
    pub door: Arc<Door>,
    /// How much is taken at once.
    pub limits: Limits,
    /// How many requests are served at once.
    pub admission: Arc<Admission>,
    /// How often one client may ask.
    pub pace: Arc<Pace>,
    /// Whom to tell about a weakness.
    pub security: Arc<SecurityText>,
    /// What is counted while requests are served.
    pub meters: Arc<Meters>,
    /// Who knows it may see the metrics beside everything else; nobody may when there is none.
    pub metrics_token: Option<Secret<String>>,
}

impl Site {
    /// What the handlers of an app share, with nothing configured.
    pub fn new(app: Arc<App>) -> Self {
        Self {
            hub: Hub::new(app.clone()),
            door: Arc::default(),
            limits: Limits::default(),
            admission: Arc::default(),
            pace: Arc::default(),
            security: Arc::default(),
            meters: Arc::new(Meters::new(app.now())),
            metrics_token: None,
            app,
        }
    }
}

/// How much is taken at once, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A webhook delivery.
    pub hook: usize,
    /// Any other request but an upload.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { hook: 4 << 20, body: 512 << 10 }
    }
}

impl FromRef<Site> for Arc<App> {
    fn from_ref(site: &Site) -> Self {
        site.app.clone()
    }
}

impl FromRef<Site> for Arc<Hub> {
    fn from_ref(site: &Site) -> Self {
        site.hub.clone()
    }
}

impl FromRef<Site> for Arc<Door> {
    fn from_ref(site: &Site) -> Self {
        site.door.clone()
    }
}

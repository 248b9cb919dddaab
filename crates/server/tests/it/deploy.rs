//! The files under `deploy` say what this version understands.

use std::path::Path;

use server::config::{Config, Role};
use yaml_rust2::{Yaml, YamlLoader};

fn documents(name: &str) -> Vec<Yaml> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/several-nodes").join(name);
    let text = std::fs::read_to_string(&path).expect("the file is there");
    YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The texts of a mapping.
fn pairs(mapping: &Yaml) -> Vec<(String, String)> {
    let text =
        |yaml: &Yaml| yaml.as_str().map(str::to_owned).unwrap_or_else(|| panic!("{yaml:?} is no text"));
    mapping.as_hash().expect("a mapping").iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// What all nodes of several must have.
fn look(config: &Config, grace: u64) {
    assert!(config.database.url.expose().starts_with("postgres://"));
    assert!(config.bus.url.expose().starts_with("nats://") && config.media.url.starts_with("s3://"));
    assert!(config.base_url.is_some() && !config.trusted_proxies.is_empty());
    assert!(config.limits.drain_seconds > 0);
    assert!(config.limits.drain_seconds + config.limits.stop_seconds < grace, "killed before it has stopped");
}

#[test]
fn the_compose_file_is_understood() {
    let file = documents("compose.yaml").remove(0);
    let nodes = ["node-1", "node-2"];
    for node in nodes {
        let service = &file["services"][node];
        let config = Config::read(None, pairs(&service["environment"])).expect("a configuration");
        let grace =
            service["stop_grace_period"].as_str().and_then(|text| text.strip_suffix('s')?.parse().ok());
        look(&config, grace.expect("seconds"));
        assert_eq!(config.roles, [Role::Web, Role::Worker]);
        for needed in service["depends_on"].as_vec().expect("a list") {
            assert!(!file["services"][needed.as_str().expect("a name")].is_badvalue(), "{needed:?}");
        }
    }
}

#[test]
fn the_kubernetes_file_is_understood() {
    let documents = documents("kubernetes.yaml");
    let all =
        |kind: &str| documents.iter().filter(|one| one["kind"].as_str() == Some(kind)).collect::<Vec<_>>();
    let mut variables = pairs(&all("ConfigMap")[0]["data"]);
    variables.extend(pairs(&all("Secret")[0]["stringData"]));
    let config = Config::read(None, variables).expect("a configuration");
    let mut nodes = 0;
    for deployment in all("Deployment") {
        let pod = &deployment["spec"]["template"];
        assert_eq!(deployment["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]);
        let container = &pod["spec"]["containers"][0];
        if container["image"].as_str() != Some("bellhop") {
            continue;
        }
        nodes += 1;
        let grace = pod["spec"]["terminationGracePeriodSeconds"].as_i64().expect("seconds");
        look(&config, grace.unsigned_abs());
        assert_eq!(container["readinessProbe"]["httpGet"]["path"].as_str(), Some("/readyz"));
        assert_eq!(container["livenessProbe"]["httpGet"]["path"].as_str(), Some("/livez"));
    }
    assert_eq!(nodes, 2);
}

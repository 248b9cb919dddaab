use super::*;

fn read(file: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("desk.toml");
    std::fs::write(&path, file).expect("write");
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(Some(&path), variables).map_err(|wrong| wrong.0)
}

fn wrong(file: &str, variables: &[(&str, &str)]) -> String {
    read(file, variables).expect_err("the configuration is wrong")
}

#[test]
fn the_defaults_are_complete_and_explained() {
    let config = Config::read(None, []).expect("the defaults are fine");
    assert_eq!(config.listen, SocketAddr::from(([127, 0, 0, 1], 8080)));
    assert_eq!(config.base_url, None);
    for key in keys() {
        let comment = comment_of(&key).unwrap_or_default();
        assert!(comment.len() > 20, "{key} is not explained: {comment:?}");
    }
}

#[test]
fn variables_win_over_the_file_and_the_file_over_the_defaults() {
    let file = "listen = '127.0.0.1:1'\n[database]\nconnections = 2\nurl = 'a.db'\n";
    let variables = [
        ("BELLHOP_DATABASE__CONNECTIONS", "3"),
        ("BELLHOP_BASE_URL", "https://Desk.example.com/"),
        ("BELLHOP_CONTENT_ORIGIN", "https://Files.example.net/"),
        ("BELLHOP_EGRESS__ALLOW", "['127.0.0.1:9000']"),
        ("BELLHOP_TEST_POSTGRES", "for the tests"),
        ("HOME", "/"),
    ];
    let config = read(file, &variables).expect("fine");
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.database.connections, 3);
    assert_eq!(config.database.url.expose(), "a.db");
    assert_eq!(config.base_url.as_deref(), Some("https://desk.example.com"));
    assert_eq!(
        config.content_origin.map(|content| content.origin).as_deref(),
        Some("https://files.example.net")
    );
    assert_eq!(config.egress.allow, ["127.0.0.1:9000"]);
    // Text stays text although it looks like a number.
    let config = read("", &[("BELLHOP_DATABASE__URL", "17")]).expect("fine");
    assert_eq!(config.database.url.expose(), "17");
}

#[test]
fn an_unknown_key_names_the_place_and_the_nearest_key() {
    let said = wrong("lisen = '127.0.0.1:1'\n", &[]);
    assert!(said.contains("`lisen`") && said.contains("desk.toml") && said.contains("`listen`"), "{said}");
    let said = wrong("[database]\nconections = 3\n", &[]);
    assert!(said.contains("`database.conections`") && said.contains("`database.connections`"), "{said}");
    let said = wrong("", &[("BELLHOP_DATABASE__ULR", "x")]);
    assert!(said.contains("BELLHOP_DATABASE__ULR") && said.contains("`database.url`"), "{said}");
    let said = wrong("database = 'a.db'\n", &[]);
    assert!(said.contains("[database]"), "{said}");
}

#[test]
fn a_wrong_value_names_the_key_the_place_and_what_is_allowed() {
    let cases = [
        ("listen = 'everywhere'", "`listen`", "an address and a port"),
        ("listen = 8080", "`listen`", "an address and a port"),
        ("base_url = 'desk.example.com'", "`base_url`", "use https://host"),
        ("base_url = 'https://a/b'", "`base_url`", "use https://host"),
        ("content_origin = 'http://files.a'", "`content_origin`", "use https://host without a path"),
        ("content_origin = 'https://files.a/b'", "`content_origin`", "use https://host without a path"),
        ("content_origin = 'files.a'", "`content_origin`", "use https://host without a path"),
        ("trusted_proxies = ['10.0.0.0/99']", "`trusted_proxies", "\"10.0.0.0/99\""),
        ("roles = ['cook']", "`roles", "`web`"),
        ("roles = []", "`roles`", "at least one"),
        ("[bus]\nprefix = 'a.b'", "`bus.prefix`", "letters, digits"),
        ("[media]\nurl = 'https://bucket'", "`media.url`", "s3://bucket"),
        ("[media]\nscan_address = 'clamd'", "`media.scan_address`", "the path of a socket"),
        ("[media]\nendpoint = 'minio:9000'", "`media.endpoint`", "http://host:port"),
        ("[database]\nconnections = 'many'", "`database.connections`", "1 to 256"),
        ("[egress]\nallow = ['internal']", "`egress.allow", "host:port"),
        ("[log]\nformat = 'xml'", "`log.format`", "\"json\" for machines"),
        ("[log]\nlevel = 'loud=='", "`log.level`", "is not a level"),
        ("[metrics]\nlisten = '9464'", "`metrics.listen`", "an address and a port"),
        ("[telemetry]\notlp = 'collector:4318'", "`telemetry.otlp`", "http://host:port"),
        ("[metrics]\ntoken = 'secret'", "`metrics.token`", "16 characters"),
        ("[demo]\nlisten = '0.0.0.0:8080'", "`demo.listen`", "loopback"),
    ];
    for (file, key, allowed) in cases {
        let said = wrong(file, &[]);
        assert!(said.contains(key) && said.contains("desk.toml") && said.contains(allowed), "{said}");
    }
    let said = wrong("", &[("BELLHOP_DATABASE__CONNECTIONS", "many")]);
    assert!(said.contains("BELLHOP_DATABASE__CONNECTIONS") && said.contains("1 to 256"), "{said}");
}

#[test]
fn a_file_that_is_not_toml_or_not_there_is_named() {
    let said = wrong("listen = = 1", &[]);
    assert!(said.contains("desk.toml") && said.contains("line 1"), "{said}");
    let missing = Config::read(Some(Path::new("/nowhere/desk.toml")), []).expect_err("missing");
    assert!(missing.0.contains("/nowhere/desk.toml"), "{}", missing.0);
}

#[test]
fn files_have_a_host_that_is_not_the_consoles() {
    let said = wrong("content_origin = 'https://files.a'", &[]);
    assert!(said.contains("`content_origin` needs `base_url`"), "{said}");
    let said = wrong("base_url = 'https://a'\ncontent_origin = 'https://A:8443'", &[]);
    assert!(said.contains("`content_origin`") && said.contains("another port is not enough"), "{said}");
}

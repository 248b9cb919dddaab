use super::*;

/// A network of one layer, four numbers wide, whose layers add nothing: what comes out is what each piece is.
fn files() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let config = br#"{"model_type":"bert","hidden_size":4,"intermediate_size":8,"num_attention_heads":2,
        "num_hidden_layers":1,"hidden_act":"gelu"}"#;
    let vocabulary = b"[CLS]\n[SEP]\n[UNK]\nyes\nno".to_vec();
    let mut head = serde_json::Map::new();
    let mut data = Vec::new();
    let mut add = |name: &str, shape: &[usize], numbers: Vec<f32>| {
        let from = data.len();
        data.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let block = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]});
        head.insert(format!("bert.{name}"), block);
    };
    let mut pieces = vec![0.0; 12];
    pieces.extend([3.0, 1.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0]);
    add("embeddings.word_embeddings.weight", &[5, 4], pieces);
    add("embeddings.position_embeddings.weight", &[6, 4], vec![0.0; 24]);
    add("embeddings.token_type_embeddings.weight", &[2, 4], vec![0.0; 8]);
    let mut norm = |name: &str| {
        add(&format!("{name}.weight"), &[4], vec![1.0; 4]);
        add(&format!("{name}.bias"), &[4], vec![0.0; 4]);
    };
    norm("embeddings.LayerNorm");
    norm("encoder.layer.0.attention.output.LayerNorm");
    norm("encoder.layer.0.output.LayerNorm");
    for (name, out, into) in [
        ("attention.self.query", 4, 4),
        ("attention.self.key", 4, 4),
        ("attention.self.value", 4, 4),
        ("attention.output.dense", 4, 4),
        ("intermediate.dense", 8, 4),
        ("output.dense", 4, 8),
    ] {
        add(&format!("encoder.layer.0.{name}.weight"), &[out, into], vec![0.0; out * into]);
        add(&format!("encoder.layer.0.{name}.bias"), &[out], vec![0.0; out]);
    }
    let head = serde_json::to_vec(&head).unwrap();
    let mut weights = (head.len() as u64).to_le_bytes().to_vec();
    weights.extend(head);
    weights.extend(data);
    (config.to_vec(), weights, vocabulary)
}

fn load(config: &[u8], weights: &[u8], vocabulary: &[u8]) -> Result<Encoder, Unfit> {
    load_with(config, weights, vocabulary, ("sentence_bert_config.json", b"{}"))
}

fn load_with(
    config: &[u8],
    weights: &[u8],
    vocabulary: &[u8],
    other: (&str, &[u8]),
) -> Result<Encoder, Unfit> {
    Encoder::load(|name| {
        Ok(match name {
            "config.json" => Some(config),
            "model.safetensors" => Some(weights),
            "vocab.txt" => Some(vocabulary),
            name => (name == other.0).then_some(other.1),
        }
        .map(<[u8]>::to_vec))
    })
}

#[test]
fn a_folder_is_loaded_and_reads_texts() {
    let (config, weights, vocabulary) = files();
    let encoder = load(&config, &weights, &vocabulary).unwrap();
    assert_eq!(encoder.dimension(), 4);
    let all = encoder.encode_all(&["yes", "no", "YES yes", ""]);
    assert_eq!(all[0], encoder.encode("yes"));
    assert!(crate::vector::dot(&all[0], &all[2]) > 0.99);
    assert!(crate::vector::dot(&all[0], &all[1]) < 0.0);
    assert_eq!(all[3], [0.0; 4]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (config, weights, vocabulary) = files();
    for cut in [0, 7, 40, weights.len() / 2, weights.len() - 4] {
        assert!(load(&config, &weights[..cut], &vocabulary).is_err(), "{cut}");
    }
    let other = String::from_utf8(config.clone()).unwrap();
    for (from, to) in
        [("\"bert\"", "\"gpt2\""), ("heads\":2", "heads\":3"), ("_size\":8", "_size\":9"), ("{", "[")]
    {
        assert!(load(other.replacen(from, to, 1).as_bytes(), &weights, &vocabulary).is_err(), "{to}");
    }
    assert!(load(&config, &weights, b"[CLS]\n[SEP]").is_err());
    for (name, bytes) in [
        ("sentence_bert_config.json", r#"{"max_seq_length": 2}"#),
        ("1_Pooling/config.json", "{}"),
        ("modules.json", r#"[{"type": "sentence_transformers.models.Dense"}]"#),
    ] {
        assert!(load_with(&config, &weights, &vocabulary, (name, bytes.as_bytes())).is_err(), "{name}");
    }
    // The last number is added to whatever comes out.
    let mut holes = weights.clone();
    let end = holes.len();
    holes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let why = load(&config, &holes, &vocabulary).err().map(|why| why.to_string());
    assert_eq!(why.as_deref(), Some("what the network says are no numbers"));
    let nothing = Encoder::load(|_| Ok::<_, Unfit>(None)).err().map(|why| why.to_string());
    assert_eq!(nothing.as_deref(), Some("config.json is missing"));
    assert!(load(&config, &weights, b"[CLS]\n[SEP]\n[UNK]\na\nb\nc").is_err());
}

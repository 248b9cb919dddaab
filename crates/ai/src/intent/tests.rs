use super::*;

const TEXTS: [(&str, &str); 20] = [
    ("where is my order", "order"),
    ("has my parcel arrived yet", "order"),
    ("track my package please", "order"),
    ("when will it be delivered", "order"),
    ("dónde está mi pedido", "order"),
    ("i want my money back", "refund"),
    ("please refund this purchase", "refund"),
    ("how do i return this and get refunded", "refund"),
    ("我要退款", "refund"),
    ("怎么申请退货退款", "refund"),
    ("let me talk to a person", "person"),
    ("human please", "person"),
    ("转人工", "person"),
    ("connect me to an agent", "person"),
    ("is there anybody i can speak with", "person"),
    ("what are your opening hours", "hours"),
    ("when do you open on sunday", "hours"),
    ("are you open tomorrow", "hours"),
    ("你们几点关门", "hours"),
    ("until what time is the shop open", "hours"),
];

fn examples() -> Vec<Example> {
    let example = |(text, intent): &(&str, &str)| Example {
        text: (*text).to_owned(),
        intent: Some((*intent).to_owned()),
    };
    TEXTS.iter().map(example).collect()
}

fn model() -> Intents {
    train(&examples(), Representation::shipped())
}

fn best(model: &Intents, memory: &Memory, text: &str) -> String {
    model.names()[model.classify(text, memory).best().unwrap().0].clone()
}

#[test]
fn five_examples_are_enough_for_what_is_like_them() {
    let (model, memory) = (model(), Memory::default());
    for (text, intent) in [
        ("refunds", "refund"),
        ("I'd like to speak to a human being", "person"),
        ("where's my parcel?", "order"),
        ("退款", "refund"),
        ("几点关门", "hours"),
        ("opening times", "hours"),
    ] {
        assert_eq!(best(&model, &memory, text), intent, "{text}");
    }
    let guess = model.classify("where is my order", &memory);
    assert_eq!(guess.ranked.len(), 4);
    assert!(guess.ranked.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    let foreign = model.classify("why did the romans build aqueducts", &memory);
    assert!(foreign.out_of_scope > guess.out_of_scope + 0.2, "{foreign:?} {guess:?}");
}

#[test]
fn a_correction_counts_at_once_also_for_what_is_nearly_the_same() {
    let model = model();
    let mut memory = Memory::default();
    let text = "my package is open and empty";
    memory.correct(text, Some("refund"));
    assert_eq!(best(&model, &memory, text), "refund");
    assert!(model.classify("My package is open, and empty!", &memory).corrected);
    assert!(!model.classify("where is my order", &memory).corrected);
    memory.correct(text, None);
    assert_eq!(memory.len(), 1);
    assert!(model.classify(text, &memory).out_of_scope > 0.9);
    memory.correct(text, Some("an intent of tomorrow"));
    assert!(model.classify(text, &memory).out_of_scope > 0.9);
}

#[test]
fn a_model_is_stored_and_read_again() {
    let model = model();
    let bytes = model.to_bytes();
    assert_eq!(Intents::from_bytes(&bytes).unwrap(), model);
    for cut in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        assert!(Intents::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn a_workspace_without_intents_has_everything_out_of_scope() {
    let model = train(&[], Representation::shipped());
    let guess = model.classify("hello", &Memory::default());
    assert!(guess.best().is_none());
    assert_eq!(guess.out_of_scope, 1.0);
    assert_eq!(Intents::from_bytes(&model.to_bytes()).unwrap(), model);
}

#[test]
fn with_one_intent_alone_the_nearest_example_tells_what_is_none_of_it() {
    let late = [
        "my parcel is late",
        "where is my package",
        "the delivery has not arrived",
        "I am still waiting for my order",
        "when will my parcel come",
        "tracking shows nothing",
    ];
    let of = |text: &&str| Example { text: (*text).to_owned(), intent: Some("late".to_owned()) };
    let model = train(&late.iter().map(of).collect::<Vec<_>>(), Representation::shipped());
    let mut nearby = Nearby::default();
    late.iter().enumerate().for_each(|(at, text)| nearby.insert(at, Trace::of(text)));
    let ground = |text: &str| nearby.nearest(&Trace::of(text), |_| true).unwrap().ground(&model);
    for text in
        ["my package did not arrive", "where's my order", "is my delivery delayed", "still no parcel here"]
    {
        assert!(ground(text) > 0.75, "{text}: {}", ground(text));
    }
    for text in
        ["what are your opening hours", "I want a refund", "my card was charged twice", "几点关门", "???"]
    {
        assert!(ground(text) < 0.1, "{text}: {}", ground(text));
    }
    assert_eq!(
        nearby.nearest(&Trace::of("MY PARCEL is late!"), |_| true).unwrap(),
        Near { key: 0, likeness: 1.0 }
    );
    assert_ne!(nearby.nearest(&Trace::of("my parcel is late"), |key| key != 0).unwrap().key, 0);
    let text = Trace::of("my parcel is late");
    let each = nearby.nearest_of_each(&text, |key| (key != 5).then_some(key % 2));
    assert_eq!(each.len(), 2);
    for (group, near) in each {
        let alone = nearby.nearest(&text, |key| key != 5 && key % 2 == group);
        assert_eq!(Some(near), alone, "one walk finds what a walk for each finds");
    }
    nearby.remove(0);
    assert_ne!(nearby.nearest(&Trace::of("my parcel is late"), |_| true).unwrap().key, 0);
}

use super::*;
use crate::sample::{article_row, sample, write};
use crate::{Error, testing};

fn article(title: &str, at: i64) -> Article {
    Article {
        state: ArticleState::Draft,
        title: title.into(),
        questions: vec!["where is my money".into()],
        published_version: None,
        created_at: Millis(at),
        updated_at: Millis(at),
        ..article_row()
    }
}

#[tokio::test]
async fn what_is_in_use_stays_while_newer_words_are_a_draft() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let ws = some.ws;
                let mut one = article("Refunds", 1);
                insert(tx, ws, &one, Some(some.agent)).await?;
                let changed = super::changed(tx, ws, 0, 10).await?;
                assert_eq!((changed.len(), changed[0].words.is_none()), (1, true), "a draft is not in use");
                one.state = ArticleState::Published;
                one.published_version = Some(1);
                one.updated_at = Millis(2);
                assert!(update(tx, ws, &one, false, None).await?);
                one.version = 2;
                one.title = "Refunds and returns".into();
                one.updated_at = Millis(3);
                assert!(update(tx, ws, &one, true, None).await?);
                let after = changed[0].revision;
                let changed = super::changed(tx, ws, after, 10).await?;
                let words = changed[0].words.clone().expect("in use");
                assert_eq!(words.title, "Refunds", "the draft is not in use");
                assert_eq!(revision(tx, ws).await?, changed[0].revision);
                let found = get(tx, ws, one.id).await?.expect("there");
                assert_eq!((found.title.as_str(), found.version), ("Refunds and returns", 2));
                let versions = versions(tx, ws, one.id, i64::MAX, 10).await?;
                let numbers: Vec<_> = versions.iter().map(|one| (one.version, one.author_id)).collect();
                assert_eq!(numbers, [(2, None), (1, Some(some.agent))]);
                assert_eq!(version(tx, ws, one.id, 1).await?.expect("kept").title, "Refunds");
                assert!(rate(tx, ws, one.id, true).await? && rate(tx, ws, one.id, false).await?);
                let public = public(tx, ws, "en").await?;
                assert_eq!((public.len(), public[0].title.as_str()), (1, "Refunds"));
                assert!(super::public(tx, ws, "zh-CN").await?.is_empty());
                assert!(remove(tx, ws, one.id, Millis(4)).await?);
                assert!(!remove(tx, ws, one.id, Millis(4)).await?);
                assert_eq!(get(tx, ws, one.id).await?, None);
                let gone = super::changed(tx, ws, changed[0].revision, 10).await?;
                assert_eq!(gone, [Indexed { id: one.id, revision: changed[0].revision + 1, words: None }]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_is_published_for_everybody_is_found_in_its_other_languages() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let ws = some.ws;
                let in_use = |one: Article| Article {
                    state: ArticleState::Published,
                    published_version: Some(1),
                    ..one
                };
                let english = in_use(article("Refunds", 1));
                let of = |locale: &str, title: &str| Article {
                    locale: locale.into(),
                    translation_of: Some(english.id),
                    ..article(title, 2)
                };
                let chinese = in_use(of("zh-CN", "退款"));
                let internal = Article { audience: Audience::Internal, ..in_use(of("fr", "Remboursements")) };
                for one in [&english, &chinese, &of("es", "Reembolsos"), &internal] {
                    insert(tx, ws, one, None).await?;
                }
                let found = translations(tx, ws, english.id).await?;
                let found: Vec<_> = found.iter().map(|one| (one.id, one.title.as_str())).collect();
                assert_eq!(found, [(english.id, "Refunds"), (chinese.id, "退款")]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_list_is_filtered_and_comes_in_pages_and_a_source_is_taken_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let ws = some.ws;
                for at in 1..=5 {
                    let mut one = article(&format!("Number {at}"), at);
                    if at == 3 {
                        one.state = ArticleState::Published;
                        one.locale = "zh-CN".into();
                        one.owner_id = Some(some.agent);
                        one.review_at = Some(Millis(50));
                        one.source = Some("https://example.com/3".into());
                    }
                    insert(tx, ws, &one, None).await?;
                }
                let twice = Article { source: Some("https://example.com/3".into()), ..article("Again", 9) };
                assert!(matches!(insert(tx, ws, &twice, None).await, Err(Error::Unique(_))));
                let found = by_source(tx, ws, "https://example.com/3").await?.expect("taken");
                assert_eq!(found.title, "Number 3");
                let mut titles = Vec::new();
                let mut cursor = None;
                loop {
                    let page = list(tx, ws, &Filter::default(), cursor.as_deref(), 2).await?;
                    titles.extend(page.items.into_iter().map(|one| one.title));
                    cursor = page.next_cursor;
                    if cursor.is_none() {
                        break;
                    }
                }
                assert_eq!(titles, ["Number 5", "Number 4", "Number 3", "Number 2", "Number 1"]);
                for (filter, expected) in [
                    (Filter { state: Some(ArticleState::Published), ..Filter::default() }, 1),
                    (Filter { kind: Some(ArticleKind::Answer), ..Filter::default() }, 0),
                    (Filter { locale: Some("zh-CN".into()), ..Filter::default() }, 1),
                    (Filter { owner: Some(some.agent), ..Filter::default() }, 1),
                    (Filter { review_until: Some(Millis(50)), ..Filter::default() }, 1),
                    (Filter { review_until: Some(Millis(49)), ..Filter::default() }, 0),
                    (Filter { category: Some(CategoryId(i64::MAX)), ..Filter::default() }, 0),
                    (Filter { review_until: Some(Millis(i64::MAX)), ..Filter::default() }, 1),
                ] {
                    let page = list(tx, ws, &filter, None, 10).await?;
                    assert_eq!(page.items.len(), expected, "{filter:?}");
                }
                Ok(())
            })
        })
        .await;
    })
    .await;
}

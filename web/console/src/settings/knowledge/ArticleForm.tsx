import "@mantine/core/styles/SimpleGrid.layer.css";
import { Button, SegmentedControl, Select, SimpleGrid, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { agentsQuery, articleQuery, queryClient } from "../../api/queries";
import type { Article, ArticleSuggestion } from "../../api/types";
import { currentLocale } from "../../locales";
import { useMay } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { lines } from "../lines";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { CategorySelect } from "./CategorySelect";
import { type Draft, draftBegun, draftOf, reviewTime } from "./draft";
import { Sources } from "./Sources";
import { Versions } from "./Versions";

interface Props {
  /** `null` for one that is not there yet. */
  article: Article | null;
  /** What a new one begins with, and the questions that it then answers. */
  begun: ({ gap: string | undefined } & ArticleSuggestion) | null;
}

/** The inputs that show what is wrong with them. */
const fields = ["title", "body", "questions", "locale"];

/** Writes an article. */
export function ArticleForm({ article, begun }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("knowledge.manage");
  const { data: agents } = useQuery(agentsQuery);
  const [draft, setDraft] = useState<Draft>(() =>
    begun ? draftBegun(begun, currentLocale()) : draftOf(article, currentLocale()),
  );
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [doomed, setDoomed] = useState(false);
  const [busy, setBusy] = useState(false);
  // One that was written and then not published is changed by the next try, and not written twice.
  const made = useRef(article?.id);
  const put = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));

  async function act(work: () => Promise<Article>, words: string) {
    setProblem(null);
    setBusy(true);
    try {
      const changed = await work();
      queryClient.setQueryData(articleQuery(changed.id).queryKey, changed);
      await queryClient.invalidateQueries({ queryKey: ["articles"] });
      done(words);
      if (!article) {
        // What it answers is no gap any more. If that cannot be said, it can be put away by hand.
        if (begun?.gap !== undefined) await api.unanswered.dismiss(begun.gap).catch(() => {});
        await navigate({ to: "/settings/knowledge/$articleId", params: { articleId: changed.id } });
      }
    } catch (error) {
      if (error instanceof ApiError && error.concerns(fields)) setProblem(error);
      else failed(error);
    } finally {
      setBusy(false);
    }
  }

  async function write(): Promise<Article> {
    const { kind, review, ...rest } = draft;
    const values = { ...rest, questions: lines(draft.questions), review_at: reviewTime(review) };
    const known = made.current;
    const written = known ? api.articles.change(known, values) : api.articles.create({ kind, ...values });
    made.current = (await written).id;
    return written;
  }

  async function publish(): Promise<Article> {
    const { id } = await write();
    return api.articles.publish(id);
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    await act(write, t("article.saved"));
  }

  const answer = draft.kind === "answer";
  return (
    <Page title={article?.title ?? t("article.new")} back="/settings/knowledge">
      {article && <State article={article} />}
      {begun && <Sources begun={begun} />}
      <form className={classes.form} onSubmit={save}>
        {!article && (
          <SegmentedControl
            aria-label={t("article.kind")}
            value={draft.kind}
            onChange={(kind) => put({ kind: kind === "answer" ? "answer" : "article" })}
            data={[
              { value: "answer", label: t("article.kind_answer") },
              { value: "article", label: t("article.kind_article") },
            ]}
          />
        )}
        <TextInput
          label={answer ? t("article.question") : t("article.title")}
          dir="auto"
          maxLength={300}
          disabled={!may}
          value={draft.title}
          error={problem?.field("title")}
          data-testid="article-title"
          onChange={(event) => put({ title: event.currentTarget.value })}
        />
        <Textarea
          label={t("article.body")}
          description={t("article.body_help")}
          autosize
          minRows={answer ? 4 : 10}
          maxRows={30}
          dir="auto"
          disabled={!may}
          value={draft.body}
          error={problem?.field("body")}
          data-testid="article-body"
          onChange={(event) => put({ body: event.currentTarget.value })}
        />
        <Textarea
          label={t("article.questions")}
          description={t("article.questions_help")}
          autosize
          minRows={2}
          maxRows={12}
          dir="auto"
          disabled={!may}
          value={draft.questions}
          error={problem?.field("questions")}
          onChange={(event) => put({ questions: event.currentTarget.value })}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={t("field.language")}
            description={t("article.locale_help")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            disabled={!may}
            value={draft.locale}
            error={problem?.field("locale")}
            onChange={(event) => put({ locale: event.currentTarget.value })}
          />
          <Select
            label={t("article.audience")}
            allowDeselect={false}
            disabled={!may}
            value={draft.audience}
            onChange={(value) => put({ audience: value === "internal" ? "internal" : "public" })}
            data={[
              { value: "public", label: t("article.audience_public") },
              { value: "internal", label: t("article.audience_internal") },
            ]}
          />
          <CategorySelect
            disabled={!may}
            value={draft.category_id}
            onChange={(category_id) => put({ category_id })}
          />
          <Select
            label={t("article.owner")}
            clearable
            searchable
            disabled={!may}
            value={draft.owner_id}
            onChange={(owner_id) => put({ owner_id })}
            data={(agents?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          />
          <TextInput
            type="date"
            label={t("article.review")}
            disabled={!may}
            value={draft.review}
            onChange={(event) => put({ review: event.currentTarget.value })}
          />
        </SimpleGrid>
        {may && (
          <div className={classes.buttons}>
            <Button
              loading={busy}
              data-testid="article-publish"
              onClick={() => void act(publish, t("article.published"))}
            >
              {t("article.publish")}
            </Button>
            <Button type="submit" variant="default" disabled={busy}>
              {t("article.save")}
            </Button>
            {article?.state === "published" && (
              <Button
                variant="default"
                onClick={() => void act(() => api.articles.archive(article.id), t("article.state_archived"))}
              >
                {t("article.archive")}
              </Button>
            )}
            {article && (
              <Button variant="subtle" color="red" onClick={() => setDoomed(true)}>
                {t("action.delete")}
              </Button>
            )}
          </div>
        )}
      </form>
      {article && (
        <Versions
          article={article}
          may={may}
          onRestore={(version) =>
            void act(() => api.articles.restore(article.id, version), t("article.saved"))
          }
        />
      )}
      <Confirm
        opened={doomed}
        title={t("article.delete", { name: article?.title ?? "" })}
        text={t("article.delete_help")}
        action={t("action.delete")}
        onClose={() => setDoomed(false)}
        onConfirm={async () => {
          if (!article) return;
          await api.articles.remove(article.id);
          await queryClient.invalidateQueries({ queryKey: ["articles"] });
          await navigate({ to: "/settings/knowledge" });
        }}
      />
    </Page>
  );
}

/** What became of an article so far. */
function State({ article }: { article: Article }) {
  const { t } = useTranslation();
  const waits = article.state === "published" && article.version !== article.published_version;
  const rated = article.helpful + article.unhelpful > 0;
  const facts = [
    t("article.version", { version: article.version }),
    waits && t("article.draft_waits"),
    rated && t("article.helpful", { yes: article.helpful, no: article.unhelpful }),
    article.source && `${t("article.source")} ${article.source}`,
  ];
  return (
    <p className={classes.muted}>
      <span className={classes.tag} data-tone={article.state === "published" ? "ok" : undefined}>
        {t(`article.state_${article.state}`)}
      </span>{" "}
      {facts.filter(Boolean).join(" · ")}
    </p>
  );
}

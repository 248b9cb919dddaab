import { ActionIcon, Button, SegmentedControl, Select, Textarea } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { articleQuery, articlesQuery, teamsQuery } from "../../api/queries";
import { languageName } from "../../locales/languageName";
import { More } from "../More";
import classes from "../settings.module.css";
import { type Draft, languages } from "./draft";

interface Props {
  draft: Draft;
  disabled: boolean;
  error: string | null;
  onChange: (change: Partial<Draft>) => void;
}

const ways = ["say", "article", "hand_over"] as const;

/** What the bot does about an intent. */
export function AnswerFields({ draft, disabled, error, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <SegmentedControl
        aria-label={t("intent.answer")}
        disabled={disabled}
        value={draft.does}
        onChange={(value) => onChange({ does: ways.find((way) => way === value) ?? "say" })}
        data={ways.map((value) => ({ value, label: t(`intent.do_${value}`) }))}
      />
      {draft.does === "say" && <Texts draft={draft} disabled={disabled} error={error} onChange={onChange} />}
      {draft.does === "article" && (
        <ArticleField draft={draft} disabled={disabled} error={error} onChange={onChange} />
      )}
      {draft.does === "hand_over" && (
        <TeamField draft={draft} disabled={disabled} error={error} onChange={onChange} />
      )}
    </>
  );
}

function Texts({ draft, disabled, error, onChange }: Props) {
  const { t } = useTranslation();
  const { texts } = draft;
  const free = languages.filter((tag) => texts.every(({ language }) => language !== tag));
  const put = (at: number, change: Partial<Draft["texts"][number]>) =>
    onChange({ texts: texts.map((one, place) => (place === at ? { ...one, ...change } : one)) });
  const [next] = free;
  return (
    <>
      {texts.map(({ language, text }, at) => (
        <div key={language} className={classes.form}>
          <div className={classes.buttons}>
            <Select
              aria-label={t("field.language")}
              allowDeselect={false}
              searchable
              disabled={disabled}
              value={language}
              onChange={(tag) => tag !== null && put(at, { language: tag })}
              data={[language, ...free].map((tag) => ({ value: tag, label: languageName(tag) }))}
            />
            {texts.length > 1 && (
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={disabled}
                aria-label={`${t("intent.remove_language")}: ${languageName(language)}`}
                onClick={() => onChange({ texts: texts.filter((_, place) => place !== at) })}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </div>
          <Textarea
            aria-label={`${t("intent.text")}: ${languageName(language)}`}
            placeholder={t("intent.text")}
            autosize
            minRows={2}
            maxRows={12}
            maxLength={4000}
            dir="auto"
            lang={language}
            disabled={disabled}
            value={text}
            error={at === 0 ? error : null}
            data-testid="intent-text"
            onChange={(event) => put(at, { text: event.currentTarget.value })}
          />
        </div>
      ))}
      {next !== undefined && (
        <div className={classes.buttons}>
          <Button
            size="xs"
            variant="default"
            disabled={disabled}
            onClick={() => onChange({ texts: [...texts, { language: next, text: "" }] })}
          >
            {t("intent.add_language")}
          </Button>
        </div>
      )}
    </>
  );
}

function ArticleField({ draft, disabled, error, onChange }: Props) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(articlesQuery({ state: "published" }));
  const { data } = list;
  const listed = data?.pages.flatMap((page) => page.items) ?? [];
  // The chosen one may stand further down the list, or in it no more.
  const far = draft.article !== null && data !== undefined && listed.every(({ id }) => id !== draft.article);
  const { data: chosen } = useQuery({ ...articleQuery(draft.article ?? ""), enabled: far });
  const articles = far && chosen ? [chosen, ...listed] : listed;
  return (
    <>
      <Select
        label={t("intent.article")}
        description={t("intent.article_help")}
        searchable
        disabled={disabled}
        value={draft.article}
        error={error}
        onChange={(article) => onChange({ article })}
        data={articles.map(({ id, title }) => ({ value: id, label: title }))}
      />
      <More list={list} small />
    </>
  );
}

function TeamField({ draft, disabled, error, onChange }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(teamsQuery);
  return (
    <Select
      label={t("intent.team")}
      placeholder={t("intent.any_team")}
      clearable
      disabled={disabled}
      value={draft.team}
      error={error}
      onChange={(team) => onChange({ team })}
      data={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}

import { Button, FileButton, Select, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { queryClient, synonymsQuery } from "../../api/queries";
import type { Synonyms } from "../../api/types";
import { languageName } from "../../locales/languageName";
import { Awaited } from "../../shell/Awaited";
import { useMay } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import { languages } from "../intents/draft";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { asText, groupsOf, ofText, problems, withGroups } from "./synonyms";

/** The longest file that is read: far more than a thousand groups are. */
const longest = 2_000_000;

/** Words that mean the same to the business, as a text that can be written, read in and taken along. */
export function SynonymsPage() {
  const { t } = useTranslation();
  const synonyms = useQuery(synonymsQuery);
  const [language, setLanguage] = useState("");
  const tags = [...new Set([...languages, ...Object.keys(synonyms.data?.languages ?? {})])];
  const choice = (tag: string, all: Synonyms) => {
    const name = tag === "" ? t("synonyms.all") : languageName(tag);
    const count = groupsOf(all, tag).length;
    return count === 0 ? name : `${name} · ${t("synonyms.count", { count })}`;
  };
  return (
    <Page title={t("synonyms.title")} help={t("synonyms.help")} back="/settings/knowledge">
      <Awaited query={synonyms} />
      {synonyms.data && (
        <>
          <Select
            label={t("synonyms.language")}
            description={t("synonyms.language_help")}
            data={[
              { value: "", label: choice("", synonyms.data) },
              ...tags.map((tag) => ({ value: tag, label: choice(tag, synonyms.data) })),
            ]}
            value={language}
            allowDeselect={false}
            searchable
            onChange={(tag) => setLanguage(tag ?? "")}
            data-testid="synonyms-language"
          />
          <Groups key={`${language} ${synonyms.dataUpdatedAt}`} all={synonyms.data} language={language} />
        </>
      )}
    </Page>
  );
}

function Groups({ all, language }: { all: Synonyms; language: string }) {
  const { t } = useTranslation();
  const groups = groupsOf(all, language);
  const may = useMay("knowledge.manage");
  const [text, setText] = useState(() => asText(groups));
  const [wrong, setWrong] = useState<string[]>([]);
  const reset = useRef<() => void>(null);
  const read = ofText(text);

  async function save(event: FormEvent) {
    event.preventDefault();
    setWrong([]);
    try {
      const saved = await api.synonyms.set(withGroups(all, language, read.groups));
      // Written as the server has it, without a second reading.
      queryClient.setQueryData(synonymsQuery.queryKey, saved);
      done(t("action.saved"));
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) {
        const told = problems(error.fields, read.lines, language);
        setWrong(
          told.map(({ line, message }) =>
            line === null ? message : t("synonyms.line", { line, problem: message }),
          ),
        );
      } else failed(error);
    }
  }

  async function take(file: File | null) {
    reset.current?.();
    if (!file) return;
    if (file.size > longest) {
      setWrong([t("synonyms.too_long")]);
      return;
    }
    setWrong([]);
    setText(asText(ofText(await file.text()).groups));
  }

  function give() {
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "synonyms.txt";
    link.click();
    URL.revokeObjectURL(address);
  }

  return (
    <form className={classes.form} onSubmit={save}>
      <Textarea
        label={t("synonyms.groups")}
        description={t("synonyms.groups_help")}
        value={text}
        readOnly={!may}
        autosize
        minRows={10}
        maxRows={24}
        dir="auto"
        spellCheck={false}
        error={wrong.length > 0 ? wrong.map((line) => <span key={line}>{line} </span>) : null}
        data-testid="synonyms"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <small className={classes.muted} aria-live="polite">
        {t("synonyms.count", { count: read.groups.length })}
      </small>
      <div className={classes.buttons}>
        {may && (
          <Button type="submit" disabled={text === asText(groups)}>
            {t("action.save")}
          </Button>
        )}
        {may && (
          <FileButton
            accept="text/plain,text/csv,.txt,.csv"
            resetRef={reset}
            onChange={(file) => void take(file)}
          >
            {(props) => (
              <Button variant="default" {...props}>
                {t("synonyms.read_in")}
              </Button>
            )}
          </FileButton>
        )}
        <Button variant="default" onClick={give} disabled={read.groups.length === 0}>
          {t("synonyms.take_out")}
        </Button>
      </div>
    </form>
  );
}

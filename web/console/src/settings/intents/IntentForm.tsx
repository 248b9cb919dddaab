import { Button, Switch, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { intentsQuery, queryClient } from "../../api/queries";
import type { Intent } from "../../api/types";
import { currentLocale } from "../../locales";
import { useMay } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { lines } from "../lines";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { AnswerFields } from "./AnswerFields";
import { type Draft, draftOf, valuesOf } from "./draft";
import { Examples } from "./Examples";

/** The inputs that show what is wrong with them. */
const fields = ["name", "description", "answer", "texts"];

/** Writes an intent; `null` for one that is not there yet, which gets its first examples at once. */
export function IntentForm({ intent }: { intent: Intent | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("knowledge.manage");
  const [draft, setDraft] = useState<Draft>(() => draftOf(intent, currentLocale()));
  const [first, setFirst] = useState("");
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [doomed, setDoomed] = useState(false);
  const [busy, setBusy] = useState(false);
  // One that was made whose examples were refused is changed by the next try, and not made twice.
  const made = useRef(intent?.id);
  const put = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const values = valuesOf(draft);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!values) return;
    setProblem(null);
    setBusy(true);
    try {
      const known = made.current;
      const { id } = known ? await api.intents.change(known, values) : await api.intents.create(values);
      made.current = id;
      if (!intent) {
        const examples = lines(first);
        if (examples.length > 0) await api.examples.write(id, examples);
        await queryClient.invalidateQueries({ queryKey: intentsQuery.queryKey });
        await navigate({ to: "/settings/intents/$intentId", params: { intentId: id } });
      }
      await queryClient.invalidateQueries({ queryKey: intentsQuery.queryKey });
      done(t("action.saved"));
    } catch (error) {
      if (error instanceof ApiError && error.concerns(fields)) setProblem(error);
      else failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Page title={intent?.name ?? t("intent.new")} back="/settings/intents">
      <form className={classes.form} onSubmit={save}>
        <TextInput
          label={t("field.name")}
          dir="auto"
          maxLength={80}
          disabled={!may}
          value={draft.name}
          error={problem?.field("name")}
          data-testid="intent-name"
          onChange={(event) => put({ name: event.currentTarget.value })}
        />
        <TextInput
          label={t("intent.description")}
          description={t("intent.description_help")}
          dir="auto"
          maxLength={1000}
          disabled={!may}
          value={draft.description}
          error={problem?.field("description")}
          onChange={(event) => put({ description: event.currentTarget.value })}
        />
        <AnswerFields draft={draft} disabled={!may} error={problem?.field("answer") ?? null} onChange={put} />
        {!intent && (
          <Textarea
            label={t("intent.write_examples")}
            description={t("intent.write_help")}
            autosize
            minRows={5}
            maxRows={16}
            dir="auto"
            value={first}
            error={problem?.field("texts")}
            data-testid="intent-first-examples"
            onChange={(event) => setFirst(event.currentTarget.value)}
          />
        )}
        <Switch
          label={t("intent.enabled")}
          checked={draft.enabled}
          disabled={!may}
          onChange={(event) => put({ enabled: event.currentTarget.checked })}
        />
        {may && (
          <div className={classes.buttons}>
            <Button type="submit" loading={busy} disabled={values === null} data-testid="intent-save">
              {t("action.save")}
            </Button>
            {intent && (
              <Button variant="subtle" color="red" onClick={() => setDoomed(true)}>
                {t("action.delete")}
              </Button>
            )}
          </div>
        )}
      </form>
      {intent && may && <Examples intent={intent.id} />}
      <Confirm
        opened={doomed}
        title={t("intent.delete", { name: intent?.name ?? "" })}
        text={t("intent.delete_help")}
        action={t("action.delete")}
        onClose={() => setDoomed(false)}
        onConfirm={async () => {
          if (!intent) return;
          await api.intents.remove(intent.id);
          await navigate({ to: "/settings/intents" });
          await queryClient.invalidateQueries({ queryKey: intentsQuery.queryKey });
        }}
      />
    </Page>
  );
}

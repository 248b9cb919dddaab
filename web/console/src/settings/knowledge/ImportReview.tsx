import { Alert, Button, Loader, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { importQuery, queryClient, underWay } from "../../api/queries";
import type { Import, ImportChoice } from "../../api/types";
import { Awaited } from "../../shell/Awaited";
import { failed } from "../../shell/toast";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { ChoiceForm } from "./ChoiceForm";
import { ImportItems } from "./ImportItems";
import classes from "./import.module.css";

const verdicts = ["new", "changed", "edited", "same", "gone", "refused"] as const;

/** What an import would do, and how far it is. */
export function ImportReview() {
  const { importId } = useParams({ from: "/desk/settings/knowledge/import/$importId" });
  const { t } = useTranslation();
  const found = useQuery(importQuery(importId));
  const { data, error } = found;
  const gone = error instanceof ApiError && error.code === "not_found";
  return (
    <Page title={data?.source?.name ?? t("import.title")} back="/settings/knowledge/import">
      {gone ? <p className={settings.empty}>{t("import.not_there")}</p> : <Awaited query={found} />}
      {data && !gone && <Stage key={data.one.state} one={data.one} choice={data.source?.choice ?? null} />}
    </Page>
  );
}

function Stage({ one, choice }: { one: Import; choice: ImportChoice | null }) {
  const { t } = useTranslation();
  const total = verdicts.reduce((sum, verdict) => sum + one.counts[verdict], one.counts.waiting);
  return (
    <>
      {underWay(one) && (
        <section className={settings.card} aria-live="polite" data-testid="import-progress">
          <h2>{t(`import.state_${one.state}`)}</h2>
          {total > 0 ? (
            <Progress
              aria-label={t(`import.state_${one.state}`)}
              value={
                (100 * (one.state === "applying" ? one.counts.applied : total - one.counts.waiting)) / total
              }
            />
          ) : (
            <Loader size="sm" />
          )}
          {one.state === "reading" && <Discard one={one} />}
        </section>
      )}
      {one.problem && (
        <Alert
          color={one.problem === "no_columns" ? "yellow" : "red"}
          title={one.problem === "no_columns" ? t("import.state_ready") : t("import.state_failed")}
        >
          {t(`import.problem_${one.problem}`)}
        </Alert>
      )}
      {total > 0 && (
        <ul className={classes.counts} data-testid="import-counts">
          {verdicts
            .filter((verdict) => one.counts[verdict] > 0)
            .map((verdict) => (
              <li
                key={verdict}
                className={settings.tag}
                data-tone={verdict === "refused" ? "bad" : undefined}
              >
                <strong>{one.counts[verdict]}</strong> {t(`import.verdict_${verdict}`)}
              </li>
            ))}
        </ul>
      )}
      {choice && (one.state === "ready" || one.problem === "no_columns") && (
        <Consent one={one} choice={choice} />
      )}
      {one.state === "ready" && <ImportItems key={one.updated_at} id={one.id} />}
      {one.state === "done" && (
        <Alert color="green" title={t("import.state_done")}>
          <Link to="/settings/knowledge">{t("import.look")}</Link>
        </Alert>
      )}
      {one.state === "failed" && one.problem !== "no_columns" && (
        <div className={settings.buttons}>
          <Discard one={one} />
        </div>
      )}
    </>
  );
}

function Consent({ one, choice }: { one: Import; choice: ImportChoice }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const anything =
    one.counts.new + one.counts.changed + one.counts.edited + one.counts.same + one.counts.gone > 0;

  async function save(chosen: ImportChoice, apply: boolean) {
    setBusy(true);
    setProblem(null);
    try {
      await api.imports.choose(one.id, chosen);
      if (apply) await api.imports.apply(one.id);
    } catch (error) {
      const wrong = error instanceof ApiError ? error.field("locale") : null;
      if (wrong) setProblem(wrong);
      else failed(error);
    } finally {
      await queryClient.invalidateQueries({ queryKey: importQuery(one.id).queryKey });
      setBusy(false);
    }
  }

  return (
    <section className={settings.card} aria-labelledby="import-choice">
      <h2 id="import-choice">{t("import.choice")}</h2>
      <ChoiceForm columns={one.columns} gone={one.counts.gone} choice={choice} problem={problem}>
        {(chosen, mapped) => (
          <div className={settings.buttons}>
            {mapped ? (
              <Button loading={busy} onClick={() => void save(chosen, false)} data-testid="import-map">
                {t("import.read_again")}
              </Button>
            ) : (
              <Button
                loading={busy}
                disabled={!anything || one.state !== "ready"}
                onClick={() => void save(chosen, true)}
                data-testid="import-apply"
              >
                {t("import.apply")}
              </Button>
            )}
            <Discard one={one} />
          </div>
        )}
      </ChoiceForm>
    </section>
  );
}

function Discard({ one }: { one: Import }) {
  const { t } = useTranslation();
  const navigate = useNavigate();

  async function discard() {
    try {
      await api.imports.discard(one.id);
      await navigate({ to: "/settings/knowledge/import" });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <Button variant="default" onClick={() => void discard()}>
      {t("import.discard")}
    </Button>
  );
}

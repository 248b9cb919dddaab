import { Button, Group, SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { botQuery, botReportQuery, inboxesQuery, queryClient } from "../../api/queries";
import type { BotReport, BotTrialFilter } from "../../api/types";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { done, failed } from "../../shell/toast";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { BotCurve } from "./BotCurve";
import { BotTrials } from "./BotTrials";
import trial from "./trial.module.css";

/** On how many past conversations the bot can be tried at once. */
const AMOUNTS = [100, 300, 1000, 2000];

/** What the bot would have said to questions that people answered, and the threshold to choose by that. */
export function BotTrialPage() {
  const { t } = useTranslation();
  const { inboxId } = useParams({ from: "/desk/settings/inboxes/$inboxId/bot" });
  const [source, setSource] = useState<BotTrialFilter["source"]>("replay");
  const inboxes = useQuery(inboxesQuery);
  const report = useQuery(botReportQuery(inboxId, source));
  const name = inboxes.data?.items.find((inbox) => inbox.id === inboxId)?.name ?? "";
  return (
    <Page title={t("trial.title", { name })} help={t("trial.help")} back="/settings/inboxes">
      <SegmentedControl
        value={source}
        onChange={(value) => setSource(value as BotTrialFilter["source"])}
        data={[
          { value: "replay", label: t("trial.replay") },
          { value: "shadow", label: t("trial.shadow") },
        ]}
      />
      {source === "replay" && <Begin inbox={inboxId} report={report.data} />}
      <Awaited query={report} />
      {report.data && <Result inbox={inboxId} source={source} report={report.data} />}
    </Page>
  );
}

function Begin({ inbox, report }: { inbox: string; report: BotReport | undefined }) {
  const { t } = useTranslation();
  const [amount, setAmount] = useState(AMOUNTS[1] ?? 300);
  const replay = report?.replay;
  const runs = replay?.done_at === null;

  async function begin() {
    try {
      await api.inboxes.replayBot(inbox, amount);
      await queryClient.invalidateQueries({ queryKey: botQuery(inbox).queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <section className={settings.card} aria-labelledby="begin">
      <h2 id="begin">{t("trial.replay")}</h2>
      <p className={settings.muted}>{t("trial.replay_help")}</p>
      <Group gap={8} align="end">
        <Select
          label={t("trial.amount")}
          allowDeselect={false}
          value={String(amount)}
          onChange={(value) => value && setAmount(Number(value))}
          data={AMOUNTS.map((one) => ({ value: String(one), label: one.toLocaleString(currentLocale()) }))}
        />
        <Button loading={runs} onClick={() => void begin()} data-testid="trial-begin">
          {t(replay ? "trial.again" : "trial.begin")}
        </Button>
      </Group>
      {replay && (
        <p className={settings.muted} role="status" data-testid="trial-progress">
          {runs
            ? t("trial.running", { looked: replay.looked, all: replay.conversations })
            : t("trial.done", {
                looked: replay.looked,
                at: moment(replay.done_at ?? replay.started_at, currentLocale()),
              })}
        </p>
      )}
    </section>
  );
}

interface ResultProps {
  inbox: string;
  source: BotTrialFilter["source"];
  report: BotReport;
}

function Result({ inbox, source, report }: ResultProps) {
  const { t } = useTranslation();
  const setting = useQuery(botQuery(inbox));
  if (report.questions === 0 || !setting.data) {
    return <p className={settings.empty}>{t(source === "replay" ? "trial.none" : "trial.none_shadow")}</p>;
  }
  const current = setting.data;

  async function choose(threshold: number) {
    try {
      const changed = await api.inboxes.setBot(inbox, { ...current, threshold });
      queryClient.setQueryData(botQuery(inbox).queryKey, changed);
      done(t("action.saved"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <section className={settings.card} aria-labelledby="curve">
        <h2 id="curve">{t("trial.curve", { count: report.questions })}</h2>
        <p className={settings.muted}>{t("trial.curve_help")}</p>
        <BotCurve report={report} threshold={current.threshold} onChoose={choose} />
      </section>
      <section className={settings.card} aria-labelledby="left">
        <h2 id="left">{t("trial.left")}</h2>
        <ul className={trial.left} data-testid="trial-left">
          <li>
            {t("trial.offered")} <strong>{report.offered}</strong>
          </li>
          {report.handed_over.map((left) => (
            <li key={left.reason}>
              {t(`bot_reason.${left.reason}`)} <strong>{left.count}</strong>
            </li>
          ))}
        </ul>
      </section>
      <BotTrials inbox={inbox} source={source} ended={report.replay?.done_at ?? null} />
    </>
  );
}

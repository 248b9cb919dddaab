import { Button, Group, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { botQuery, botTrialsQuery, queryClient } from "../../api/queries";
import type { BotTrial, BotTrialFilter, BotVerdict } from "../../api/types";
import { Awaited } from "../../shell/Awaited";
import { MessageLink } from "../../shell/MessageLink";
import { failed } from "../../shell/toast";
import { More } from "../More";
import settings from "../settings.module.css";
import classes from "./trial.module.css";

/** What can be looked at: answers that differ from people's first, because they cost most. */
const KINDS = {
  different: { deed: "answer", agreement: "different" },
  unclear: { deed: "answer", agreement: "unclear" },
  same: { deed: "answer", agreement: "same" },
  offer: { deed: "offer" },
  left: { deed: "hand_over" },
} satisfies Record<string, Omit<BotTrialFilter, "source">>;
type Kind = keyof typeof KINDS;

interface Props {
  inbox: string;
  source: BotTrialFilter["source"];
  /** When the trial ended that they are of. */
  ended: number | null;
}

/** Questions that people answered, with what the bot would have said, to be judged. */
export function BotTrials({ inbox, source, ended }: Props) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>("different");
  const found = useInfiniteQuery(botTrialsQuery(inbox, { source, ...KINDS[kind] }, ended));
  const trials = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={settings.card} aria-labelledby="examples">
      <h2 id="examples">{t("trial.examples")}</h2>
      <div className={classes.scroll}>
        <SegmentedControl
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={(Object.keys(KINDS) as Kind[]).map((one) => ({ value: one, label: t(`trial.kind_${one}`) }))}
        />
      </div>
      <Awaited query={found} />
      <ul className={classes.trials} data-testid="trials">
        {trials.map((trial) => (
          <Example key={trial.id} inbox={inbox} trial={trial} />
        ))}
      </ul>
      {found.data && trials.length === 0 && !found.isFetching && (
        <p className={settings.muted}>{t("trial.no_examples")}</p>
      )}
      <More list={found} />
    </section>
  );
}

function Example({ inbox, trial }: { inbox: string; trial: BotTrial }) {
  const { t } = useTranslation();

  async function judge(verdict: BotVerdict) {
    try {
      // Pressed once more it is taken back.
      await api.inboxes.judgeBot(trial.id, trial.verdict === verdict ? null : verdict);
      await queryClient.invalidateQueries({ queryKey: botQuery(inbox).queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <li>
      <dl>
        <dt>{t("trial.asked")}</dt>
        <dd dir="auto">{trial.question ?? t("trial.no_words")}</dd>
        <dt>{t("trial.person")}</dt>
        <dd dir="auto">{trial.reply ?? t("trial.no_words")}</dd>
        <dt>
          {t("trial.bot")}
          {trial.confidence !== null && ` · ${trial.confidence} %`}
        </dt>
        <dd dir="auto">{trial.said ?? (trial.reason ? t(`bot_reason.${trial.reason}`) : "")}</dd>
      </dl>
      <Group gap={8}>
        {trial.deed === "answer" &&
          (["right", "wrong"] as const).map((verdict) => (
            <Button
              key={verdict}
              size="compact-sm"
              variant={trial.verdict === verdict ? "filled" : "default"}
              aria-pressed={trial.verdict === verdict}
              onClick={() => void judge(verdict)}
            >
              {t(`trial.judge_${verdict}`)}
            </Button>
          ))}
        <MessageLink conversation={trial.conversation_id} message={trial.message_id}>
          {t("trial.open")}
        </MessageLink>
      </Group>
    </li>
  );
}

import { Button, Checkbox, Switch } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { examplesQuery, intentsQuery, learningQuery, queryClient } from "../../api/queries";
import type { IntentExample } from "../../api/types";
import { failed } from "../../shell/toast";
import { More } from "../More";
import classes from "../settings.module.css";
import { useIntentName } from "./names";

/** Corrections of colleagues: accepted or refused by one click, or many at once. */
export function Waiting() {
  const { t } = useTranslation();
  const list = useInfiniteQuery(examplesQuery({ state: "waiting" }));
  const { data: policy } = useQuery(learningQuery);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const marked = items.filter(({ id }) => chosen.has(id)).map(({ id }) => id);

  async function decide(examples: string[], accept: boolean) {
    try {
      await api.examples.decide(examples, accept);
      setChosen(new Set());
      await queryClient.invalidateQueries({ queryKey: intentsQuery.queryKey });
    } catch (error) {
      failed(error);
    }
  }

  async function setPolicy(automatic: boolean) {
    try {
      queryClient.setQueryData(learningQuery.queryKey, await api.learning.setPolicy(automatic));
    } catch (error) {
      failed(error);
    }
  }

  const mark = (ids: string[], on: boolean) =>
    setChosen((old) => new Set(on ? [...old, ...ids] : [...old].filter((id) => !ids.includes(id))));
  return (
    <section className={classes.card} aria-labelledby="waiting">
      <h2 id="waiting">{t("intent.waiting")}</h2>
      <div className={classes.form}>
        <div className={classes.muted}>{t("intent.waiting_help")}</div>
        {policy && (
          <Switch
            label={t("intent.automatic")}
            description={t("intent.automatic_help")}
            checked={policy.automatic}
            onChange={(event) => void setPolicy(event.currentTarget.checked)}
          />
        )}
        {items.length === 0 ? (
          <div className={classes.muted}>{t("intent.waiting_empty")}</div>
        ) : (
          <>
            <div className={classes.buttons}>
              <Checkbox
                label={t("intent.choose_all")}
                checked={marked.length === items.length}
                indeterminate={marked.length > 0 && marked.length < items.length}
                onChange={(event) =>
                  mark(
                    items.map(({ id }) => id),
                    event.currentTarget.checked,
                  )
                }
              />
              <Button
                size="xs"
                disabled={marked.length === 0}
                data-testid="corrections-accept"
                onClick={() => void decide(marked, true)}
              >
                {t("intent.accept")}
              </Button>
              <Button
                size="xs"
                variant="default"
                disabled={marked.length === 0}
                onClick={() => void decide(marked, false)}
              >
                {t("intent.refuse")}
              </Button>
            </div>
            <ul className={classes.rows} data-testid="corrections">
              {items.map((example) => (
                <li key={example.id}>
                  <Row
                    example={example}
                    marked={chosen.has(example.id)}
                    onMark={(on) => mark([example.id], on)}
                    onDecide={(accept) => void decide([example.id], accept)}
                  />
                </li>
              ))}
            </ul>
          </>
        )}
        <More list={list} />
      </div>
    </section>
  );
}

interface RowProps {
  example: IntentExample;
  marked: boolean;
  onMark: (on: boolean) => void;
  onDecide: (accept: boolean) => void;
}

function Row({ example, marked, onMark, onDecide }: RowProps) {
  const { t } = useTranslation();
  const name = useIntentName();
  const understood =
    example.understood_id === null || (example.confidence ?? 0) < 50
      ? t("intent.no_intent")
      : `${name(example.understood_id)} (${example.confidence ?? 0} %)`;
  return (
    <>
      <Checkbox
        aria-label={t("intent.choose_one", { text: example.text })}
        checked={marked}
        onChange={(event) => onMark(event.currentTarget.checked)}
      />
      <div className={classes.grow}>
        <strong dir="auto">
          {example.conversation_id === null ? (
            example.text
          ) : (
            <Link
              to="/inbox/$view/{-$conversationId}"
              params={{ view: "all", conversationId: example.conversation_id }}
            >
              {example.text}
            </Link>
          )}
        </strong>
        <small dir="auto">
          {t("intent.meant", { name: name(example.intent_id) })} · {t("intent.was", { name: understood })}
        </small>
        <div className={classes.buttons}>
          <Button size="compact-xs" variant="light" onClick={() => onDecide(true)}>
            {t("intent.accept")}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onDecide(false)}>
            {t("intent.refuse")}
          </Button>
        </div>
      </div>
    </>
  );
}

import { Button, Loader } from "@mantine/core";
import { IconCircleCheck, IconCircleMinus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { LanguageModel, LanguageModelTested } from "../../api/types";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import classes from "../settings.module.css";
import test from "./test.module.css";
import { Use } from "./Use";

interface Props {
  model: LanguageModel;
  /** How many tokens were used today. */
  used: number;
  tested: LanguageModelTested | null;
  testing: boolean;
  onTest: () => void;
}

/** Whether the model works, what its server understands, and how much of it was used today. */
export function Test({ model, used, tested, testing, onTest }: Props) {
  const { t } = useTranslation();
  return (
    <section className={classes.card} aria-labelledby="model-test">
      <div className={classes.head}>
        <h2 id="model-test" className={classes.title}>
          {t("model.state")}
        </h2>
        <Button variant="default" loading={testing} onClick={onTest} data-testid="model-test">
          {t("model.test")}
        </Button>
      </div>
      <div className={classes.form}>
        <div aria-live="polite" className={test.outcome} data-testid="model-outcome">
          {testing ? (
            <p className={classes.muted}>
              <Loader size="xs" aria-hidden="true" /> {t("model.testing")}
            </p>
          ) : (
            <Outcome model={model} problem={tested?.problem ?? null} />
          )}
        </div>
        <Use used={used} budget={model.tokens_a_day} />
      </div>
    </section>
  );
}

const able = ["streams", "json", "temperature"] as const;

function Outcome({ model, problem }: { model: LanguageModel; problem: string | null }) {
  const { t } = useTranslation();
  const { checked_at, abilities } = model;
  if (problem !== null) {
    return (
      <p className={test.problem} role="alert">
        <strong>{t("model.broken")}</strong> <bdi>{problem}</bdi>
      </p>
    );
  }
  if (checked_at === null) return <p className={classes.muted}>{t("model.untested")}</p>;
  return (
    <>
      <p className={test.works}>
        <IconCircleCheck size={18} aria-hidden="true" />
        {t("model.works_since", { when: moment(checked_at, currentLocale()) })}
      </p>
      <ul className={test.abilities} data-testid="model-abilities">
        {able.map((one) => (
          <li key={one} data-able={abilities[one]}>
            {abilities[one] ? (
              <IconCircleCheck size={16} aria-hidden="true" />
            ) : (
              <IconCircleMinus size={16} aria-hidden="true" />
            )}
            {t(abilities[one] ? `model.can_${one}` : `model.cannot_${one}`)}
          </li>
        ))}
        {abilities.newer_limit && (
          <li data-able="true">
            <IconCircleCheck size={16} aria-hidden="true" />
            {t("model.can_newer_limit")}
          </li>
        )}
      </ul>
    </>
  );
}

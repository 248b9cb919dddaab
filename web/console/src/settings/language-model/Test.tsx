import { Button } from "@mantine/core";
import { IconCircleCheck, IconCircleMinus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { LanguageModel, LanguageModelTested } from "../../api/types";
import classes from "../settings.module.css";
import { Outcome } from "./Outcome";
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
        <Outcome
          testing={testing}
          problem={tested?.problem ?? null}
          checkedAt={model.checked_at}
          data-testid="model-outcome"
        >
          <Abilities abilities={model.abilities} />
        </Outcome>
        <Use used={used} budget={model.tokens_a_day} />
      </div>
    </section>
  );
}

const able = ["streams", "json", "temperature"] as const;

function Abilities({ abilities }: Pick<LanguageModel, "abilities">) {
  const { t } = useTranslation();
  return (
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
  );
}

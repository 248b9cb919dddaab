import { Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { currentLocale } from "../../locales";
import classes from "../settings.module.css";
import { share } from "./draft";
import test from "./test.module.css";

interface Props {
  /** How many tokens were used today. */
  used: number;
  /** How many may be. */
  budget: number;
}

/** How much of a day's budget was used. */
export function Use({ used, budget }: Props) {
  const { t } = useTranslation();
  const count = (tokens: number) => tokens.toLocaleString(currentLocale());
  return (
    <div>
      <p className={`${classes.muted} ${test.used}`}>
        {t("model.used", { used: count(used), budget: count(budget) })}
      </p>
      <Progress
        aria-label={t("model.used_today")}
        value={share(used, budget)}
        color={used >= budget ? "red" : "pine"}
      />
    </div>
  );
}

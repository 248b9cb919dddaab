import { Loader } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import classes from "../settings.module.css";
import test from "./test.module.css";

interface Props {
  testing: boolean;
  /** What was found wrong with the model. */
  problem: string | null;
  /** When it was last seen to work. */
  checkedAt: number | null;
  /** What was seen of it. */
  children: ReactNode;
  "data-testid": string;
}

/** Whether a model works, said also to those who do not see it. */
export function Outcome({ "data-testid": testid, ...rest }: Props) {
  return (
    <div aria-live="polite" className={test.outcome} data-testid={testid}>
      <Told {...rest} />
    </div>
  );
}

function Told({ testing, problem, checkedAt, children }: Omit<Props, "data-testid">) {
  const { t } = useTranslation();
  if (testing) {
    return (
      <p className={classes.muted}>
        <Loader size="xs" aria-hidden="true" /> {t("model.testing")}
      </p>
    );
  }
  if (problem !== null) {
    return (
      <p className={test.problem} role="alert">
        <strong>{t("model.broken")}</strong> <bdi>{problem}</bdi>
      </p>
    );
  }
  if (checkedAt === null) return <p className={classes.muted}>{t("model.untested")}</p>;
  return (
    <>
      <p className={test.works}>
        <IconCircleCheck size={18} aria-hidden="true" />
        {t("model.works_since", { when: moment(checkedAt, currentLocale()) })}
      </p>
      {children}
    </>
  );
}

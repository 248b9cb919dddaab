import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconHelpCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { SendState } from "../api/types";
import { type Tick, tick } from "./tick";
import classes from "./ticks.module.css";

const icons: Record<Tick, typeof IconCheck> = {
  clock: IconClock,
  one: IconCheck,
  two: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
  uncertain: IconHelpCircle,
};

/** How far a message has come, as a sign with a name. */
export function Ticks({ state, size = 16 }: { state: SendState; size?: number }) {
  const { t } = useTranslation();
  const sign = tick(state);
  const Icon = icons[sign];
  return (
    <span className={classes.tick} data-tick={sign} role="img" aria-label={t(`status.${state}`)}>
      <Icon size={sign === "clock" ? size - 3 : size} stroke={1.8} />
    </span>
  );
}

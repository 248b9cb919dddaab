import { Popover, UnstyledButton } from "@mantine/core";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import type { Failure, Status } from "../api/types";
import { currentLocale, type Key } from "../locales";
import { moment } from "../locales/time";
import { Ticks } from "./Ticks";
import classes from "./thread.module.css";

const steps = ["queued", "accepted", "sent", "delivered", "read", "played", "failed"] as const;

/** The ticks of an outgoing message; opens the times of every step. */
export function MessageStatus({ status }: { status: Status }) {
  const { t } = useTranslation();
  const times = steps.flatMap((step) => {
    const at = status[`${step}_at`];
    return at === null || at === undefined ? [] : [{ step, at }];
  });
  return (
    <Popover position="top-end" withRoles keepMounted={false}>
      <Popover.Target>
        <UnstyledButton
          className={classes.status}
          data-testid="message-status"
          data-status={status.state}
          aria-label={t("status.details", { state: t(`status.${status.state}`) })}
        >
          <Ticks state={status.state} />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("status.title")}>
        <dl className={classes.times}>
          {times.map(({ step, at }) => (
            <div key={step}>
              <dt>{t(`status.${step}`)}</dt>
              <dd>{moment(at, currentLocale())}</dd>
            </div>
          ))}
          {times.length === 0 && <dt>{t(`status.${status.state}`)}</dt>}
        </dl>
        {status.failure && <p className={classes.detail}>{providerWords(status.failure)}</p>}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Why a message did not arrive, in the interface's language. */
export function reason(failure: Failure | null): string {
  const key = `failure.${failure?.code ?? "unknown"}` as Key;
  return i18next.exists(key) ? i18next.t(key as "failure.unknown") : i18next.t("failure.unknown");
}

/** What the provider itself said, for whoever has to look it up. */
function providerWords(failure: Failure): string {
  return [failure.provider_code, failure.detail].filter((part) => part !== null && part !== "").join(": ");
}

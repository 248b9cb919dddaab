import { IconAlertTriangle, IconClock, IconRefresh, IconSend, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { discard, type Leaving, sendAgain } from "../composer/outbox";
import { currentLocale, type Key } from "../locales";
import { clock } from "../locales/time";
import { explain } from "../shell/toast";
import { Body } from "./bubbles/Body";
import { QuoteBlock } from "./QuoteBlock";
import { Ticks } from "./Ticks";
import classes from "./thread.module.css";

/** A message on its way to the server. */
export function LeavingRow({ leaving }: { leaving: Leaving }) {
  const { t } = useTranslation();
  const { content, at, reply_to } = leaving.shown;
  const framed = content.kind === "image" || content.kind === "video";
  return (
    <div className={classes.row} data-tight="true">
      <article
        className={classes.message}
        data-direction={leaving.note ? "note" : "out"}
        data-testid="thread-message"
        data-kind={content.kind}
        data-leaving={leaving.state}
      >
        <div className={classes.column}>
          <div className={classes.line}>
            <div className={classes.bubble} data-framed={framed}>
              {reply_to && <QuoteBlock quote={{ ...reply_to, id: null }} onGo={() => {}} />}
              <Body content={content} onOpen={() => {}} />
              <span className={classes.meta}>
                <time dateTime={new Date(at).toISOString()}>{clock(at, currentLocale())}</time>
                {leaving.state === "refused" ? (
                  <span data-testid="message-status" data-status="failed">
                    <Ticks state="failed" />
                  </span>
                ) : (
                  <span data-testid="message-status" data-status="queued">
                    <Ticks state="queued" />
                  </span>
                )}
              </span>
            </div>
          </div>
          {leaving.state === "refused" && (
            <div className={classes.failure} role="note">
              <IconAlertTriangle size={16} aria-hidden="true" />
              <Reason leaving={leaving} />
              {leaving.error?.code === "sensitive_unconfirmed" ? (
                <button
                  type="button"
                  data-testid="message-confirm"
                  onClick={() => sendAgain({ ...leaving, body: { ...leaving.body, confirmed: true } })}
                >
                  <IconSend size={15} aria-hidden="true" /> {t("sensitive.send_anyway")}
                </button>
              ) : (
                leaving.error?.code !== "sensitive_blocked" && (
                  <button type="button" data-testid="message-retry" onClick={() => sendAgain(leaving)}>
                    <IconRefresh size={15} aria-hidden="true" /> {t("failure.retry")}
                  </button>
                )
              )}
              <button type="button" onClick={() => discard(leaving)}>
                <IconTrash size={15} aria-hidden="true" /> {t("failure.discard")}
              </button>
            </div>
          )}
          {leaving.state === "waiting" && (
            <div className={classes.failure} data-tone="warn" role="note">
              <IconClock size={16} aria-hidden="true" />
              <span>{t("failure.waiting")}</span>
              <button type="button" data-testid="message-retry" onClick={() => sendAgain(leaving)}>
                <IconRefresh size={15} aria-hidden="true" /> {t("failure.retry")}
              </button>
            </div>
          )}
        </div>
      </article>
    </div>
  );
}

function Reason({ leaving }: { leaving: Leaving }) {
  const { t } = useTranslation();
  const { title, detail } = explain(leaving.error);
  const found = leaving.error?.code.startsWith("sensitive_")
    ? leaving.error.fields.map((field) => t(`sensitive_class.${field.code}` as Key)).join(", ")
    : null;
  return (
    <span>
      {title}
      {(found ?? detail) && <small>{found ?? detail}</small>}
    </span>
  );
}

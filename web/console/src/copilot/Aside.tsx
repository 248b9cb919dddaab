import "@mantine/core/styles/Drawer.layer.css";
import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { similarQuery, summaryQuery } from "../api/queries";
import type { Conversation, SimilarConversation, SummaryPoint } from "../api/types";
import { currentLocale } from "../locales";
import { shortMoment } from "../locales/time";
import { Awaited } from "../shell/Awaited";
import { MessageLink } from "../shell/MessageLink";
import classes from "./copilot.module.css";

interface Props {
  conversation: Conversation;
  opened: boolean;
  onClose: () => void;
  /** Shows a message in the thread. */
  onMessage: (message: string) => void;
}

/** What helps to find one's way in a conversation: its own sentences that say most, and solved ones that are like it. */
export function Aside({ conversation, opened, onClose, onMessage }: Props) {
  const { t } = useTranslation();
  const key = conversation.last_message?.id ?? "";
  const summary = useQuery({ ...summaryQuery(conversation.id, key), enabled: opened });
  const similar = useQuery({ ...similarQuery(conversation.id, key), enabled: opened });
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="md"
      title={t("copilot.aside")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <section className={classes.part} aria-label={t("copilot.summary")} data-testid="summary">
        <h2>{t("copilot.summary")}</h2>
        <Awaited query={summary} />
        {summary.data?.points.length === 0 && <p className={classes.help}>{t("copilot.summary_none")}</p>}
        {summary.data && summary.data.points.length > 0 && (
          <>
            <p className={classes.help}>{t("copilot.summary_help", { count: summary.data.messages })}</p>
            <ol className={classes.points}>
              {summary.data.points.map((point) => (
                <li key={`${point.message_id} ${point.text}`}>
                  <Point point={point} onMessage={onMessage} />
                </li>
              ))}
            </ol>
          </>
        )}
      </section>
      <section className={classes.part} aria-label={t("copilot.similar")} data-testid="similar">
        <h2>{t("copilot.similar")}</h2>
        <Awaited query={similar} />
        {similar.data?.items.length === 0 && <p className={classes.help}>{t("copilot.similar_none")}</p>}
        {similar.data && similar.data.items.length > 0 && (
          <ol className={classes.cards}>
            {similar.data.items.map((one) => (
              <li key={one.message_id} className={classes.card}>
                <Similar one={one} onOpen={onClose} />
              </li>
            ))}
          </ol>
        )}
      </section>
    </Drawer>
  );
}

function Point({ point, onMessage }: { point: SummaryPoint; onMessage: (message: string) => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={classes.point}
      data-customer={point.customer}
      title={t("copilot.show_message")}
      onClick={() => onMessage(point.message_id)}
    >
      <small>
        {point.customer ? t("copilot.by_customer") : t("copilot.by_us")} ·{" "}
        {shortMoment(point.at, currentLocale())}
      </small>
      <span dir="auto">{point.text}</span>
    </button>
  );
}

function Similar({ one, onOpen }: { one: SimilarConversation; onOpen: () => void }) {
  const { t } = useTranslation();
  const facts = [t("copilot.alike", { percent: one.likeness }), shortMoment(one.at, currentLocale())];
  return (
    <>
      <q dir="auto">{one.question}</q>
      <p dir="auto">{one.answer}</p>
      <small>
        {one.answered_by !== null && <bdi>{one.answered_by} · </bdi>}
        {facts.join(" · ")}
      </small>
      {one.words.length > 0 && <small>{t("copilot.why_words", { words: one.words.join(", ") })}</small>}
      <MessageLink conversation={one.conversation_id} message={one.message_id} onClick={onOpen}>
        {t("copilot.open")}
      </MessageLink>
    </>
  );
}

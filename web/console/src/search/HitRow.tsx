import { IconArrowBackUp, IconNote } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { SearchHit } from "../api/types";
import { currentLocale } from "../locales";
import { shortMoment } from "../locales/time";
import { Face } from "../shell/Face";
import { MessageLink } from "../shell/MessageLink";
import classes from "./search.module.css";

/** A message that was found: whose conversation, who wrote it, and where in it the words stand. */
export function HitRow({ hit }: { hit: SearchHit }) {
  const { t } = useTranslation();
  const name = hit.contact.name || t("contact.unnamed");
  const own = hit.direction !== "in";
  return (
    <MessageLink
      conversation={hit.conversation_id}
      message={hit.message_id}
      className={classes.hit}
      data-testid="hit"
    >
      <Face id={hit.contact.id} name={name} size={36} />
      <span className={classes.body}>
        <span className={classes.line}>
          <bdi className={classes.name}>{name}</bdi>
          <time className={classes.time} dateTime={new Date(hit.at).toISOString()}>
            {shortMoment(hit.at, currentLocale())}
          </time>
        </span>
        <span className={classes.words} dir="auto">
          {own && (
            <span className={classes.author}>
              {hit.direction === "note" ? (
                <IconNote size={15} role="img" aria-label={t("kind.note")} />
              ) : (
                <IconArrowBackUp size={15} aria-hidden="true" />
              )}
              {hit.author.name && <bdi>{hit.author.name}:</bdi>}
            </span>
          )}
          {hit.snippet.map((piece, place) =>
            piece.hit ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text have no other name
              <mark key={place}>{piece.text}</mark>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text have no other name
              <span key={place}>{piece.text}</span>
            ),
          )}
        </span>
      </span>
    </MessageLink>
  );
}

import { IconListDetails } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { threadQuery } from "../api/queries";
import classes from "./copilot.module.css";

/** From so many messages on a conversation is worth a summary. */
const long = 12;

/** Offers the summary of a conversation that is long or was handed over. */
export function SummaryStrip({ id, onOpen }: { id: string; onOpen: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery(threadQuery(id));
  if (!data) return null;
  const worth =
    data.hasBefore ||
    data.items.length >= long ||
    data.items.some(({ content }) => content.kind === "activity" && content.hand_over !== null);
  if (!worth) return null;
  return (
    <button type="button" className={classes.strip} data-testid="summary-strip" onClick={onOpen}>
      <IconListDetails size={15} stroke={1.7} aria-hidden="true" />
      {t("copilot.summary_show")}
    </button>
  );
}

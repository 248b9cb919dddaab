import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { inboxesQuery } from "../../api/queries";
import { currentLocale } from "../../locales";
import { fileSize, shortMoment } from "../../locales/time";
import classes from "./operation.module.css";

interface Props {
  reason: string;
  item: { inbox_id: string; received_at: number; size: number };
  children: ReactNode;
}

/** What is known of a delivery, in one line under its reason. */
export function Facts({ reason, item, children }: Props) {
  const { data } = useQuery(inboxesQuery);
  const inbox = data?.items.find(({ id }) => id === item.inbox_id)?.name;
  return (
    <div className={classes.facts}>
      <strong>
        <bdi>{reason}</bdi>
      </strong>
      <small>
        {inbox && (
          <>
            <bdi>{inbox}</bdi> ·{" "}
          </>
        )}
        <bdi>{shortMoment(item.received_at, currentLocale())}</bdi> ·{" "}
        <bdi>{fileSize(item.size, currentLocale())}</bdi> · <bdi>{children}</bdi>
      </small>
    </div>
  );
}

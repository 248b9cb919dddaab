import { IconMessages } from "@tabler/icons-react";
import { useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { ConversationList } from "../list/ConversationList";
import { Waiting } from "../shell/Waiting";
import classes from "./inbox.module.css";

const ConversationPane = lazy(() =>
  import("./ConversationPane").then((m) => ({ default: m.ConversationPane })),
);

/** The three panes: list, thread, contact. A phone shows one of them at a time. */
export function InboxPage() {
  const { t } = useTranslation();
  const { view, conversationId } = useParams({ from: "/desk/inbox/$view/{-$conversationId}" });
  const search = useSearch({ from: "/desk/inbox/$view/{-$conversationId}" });
  return (
    <div className={classes.panes} data-open={conversationId !== undefined}>
      <h1 className="sr-only">{t("shell.inbox")}</h1>
      <div className={classes.list}>
        <ConversationList view={view} search={search} chosen={conversationId} />
      </div>
      {conversationId === undefined ? (
        <div className={classes.nothing}>
          <IconMessages size={44} stroke={1.1} aria-hidden="true" />
          <p>{t("inbox_page.choose")}</p>
        </div>
      ) : (
        <Suspense fallback={<Waiting />}>
          <ConversationPane key={conversationId} id={conversationId} view={view} search={search} />
        </Suspense>
      )}
    </div>
  );
}

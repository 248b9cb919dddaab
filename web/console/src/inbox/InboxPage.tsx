import { useParams, useSearch } from "@tanstack/react-router";
import { ConversationList } from "../list/ConversationList";
import classes from "./inbox.module.css";

/** The three panes: list, thread, contact. A phone shows one of them at a time. */
export function InboxPage() {
  const { view, conversationId } = useParams({ from: "/desk/inbox/$view/{-$conversationId}" });
  const search = useSearch({ from: "/desk/inbox/$view/{-$conversationId}" });
  return (
    <div className={classes.panes} data-open={conversationId !== undefined}>
      <div className={classes.list}>
        <ConversationList view={view} search={search} chosen={conversationId} />
      </div>
    </div>
  );
}

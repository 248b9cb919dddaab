import { useTranslation } from "react-i18next";
import type { QuickReply } from "../api/types";
import classes from "./composer.module.css";

interface Props {
  id: string;
  replies: QuickReply[];
  active: number;
  onPick: (reply: QuickReply) => void;
}

/** The quick replies that fit what stands behind the slash. The text field keeps the focus. */
export function QuickReplyList({ id, replies, active, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.quickReplies} id={id} role="listbox" aria-label={t("settings.quick_replies")}>
      {replies.map((reply, n) => (
        // biome-ignore lint/a11y/useFocusableInteractive: chosen from the text field by aria-activedescendant
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the keys
        <div
          key={reply.id}
          id={`${id}-${n}`}
          role="option"
          aria-selected={n === active}
          className={classes.quickReply}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(reply)}
        >
          <strong>/{reply.shortcut}</strong>
          <span dir="auto">{reply.body}</span>
        </div>
      ))}
    </div>
  );
}

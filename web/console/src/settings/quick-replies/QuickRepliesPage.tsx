import { ActionIcon, Button, Modal, Textarea, TextInput } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { queryClient, quickRepliesQuery } from "../../api/queries";
import type { QuickReply } from "../../api/types";
import { useMay } from "../../shell/permission";
import { failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { Page } from "../Page";
import classes from "../settings.module.css";

const changed = () => queryClient.invalidateQueries({ queryKey: quickRepliesQuery.queryKey });

export function QuickRepliesPage() {
  const { t } = useTranslation();
  const may = useMay("quick_reply.manage");
  const { data } = useQuery(quickRepliesQuery);
  const [edited, setEdited] = useState<QuickReply | "new" | null>(null);
  const [doomed, setDoomed] = useState<QuickReply | null>(null);

  return (
    <Page
      title={t("settings.quick_replies")}
      help={t("quick.help")}
      action={may && <Button onClick={() => setEdited("new")}>{t("quick.new")}</Button>}
    >
      {data && data.items.length === 0 ? (
        <p className={classes.empty}>{t("quick.empty")}</p>
      ) : (
        <ul className={classes.rows}>
          {(data?.items ?? []).map((reply) => (
            <li key={reply.id}>
              <div className={classes.grow}>
                <strong>/{reply.shortcut}</strong>
                <small dir="auto">{reply.body}</small>
              </div>
              {may && (
                <>
                  <ActionIcon
                    aria-label={t("quick.edit", { name: reply.shortcut })}
                    onClick={() => setEdited(reply)}
                  >
                    <IconPencil size={17} />
                  </ActionIcon>
                  <ActionIcon
                    aria-label={t("quick.delete", { name: reply.shortcut })}
                    onClick={() => setDoomed(reply)}
                  >
                    <IconTrash size={17} />
                  </ActionIcon>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <Modal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited === "new" ? t("quick.new") : t("action.edit")}
        closeButtonProps={{ "aria-label": t("action.close") }}
        size="lg"
      >
        {edited !== null && (
          <QuickReplyForm reply={edited === "new" ? null : edited} onDone={() => setEdited(null)} />
        )}
      </Modal>
      <Confirm
        opened={doomed !== null}
        title={t("quick.delete", { name: doomed?.shortcut ?? "" })}
        text={t("quick.delete_help")}
        action={t("action.delete")}
        onClose={() => setDoomed(null)}
        onConfirm={async () => {
          if (doomed) await api.quickReplies.remove(doomed.id);
          await changed();
        }}
      />
    </Page>
  );
}

function QuickReplyForm({ reply, onDone }: { reply: QuickReply | null; onDone: () => void }) {
  const { t } = useTranslation();
  const [shortcut, setShortcut] = useState(reply?.shortcut ?? "");
  const [body, setBody] = useState(reply?.body ?? "");
  const [problem, setProblem] = useState<ApiError | null>(null);

  async function save(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    try {
      const values = { shortcut: shortcut.trim().replace(/^\//, ""), body };
      if (reply) await api.quickReplies.change(reply.id, values);
      else await api.quickReplies.create(values);
      await changed();
      onDone();
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
      else failed(error);
    }
  }

  return (
    <form className={classes.form} onSubmit={save}>
      <TextInput
        label={t("quick.shortcut")}
        description={t("quick.shortcut_help")}
        leftSection="/"
        data-autofocus
        value={shortcut}
        error={problem?.field("shortcut")}
        onChange={(e) => setShortcut(e.currentTarget.value)}
      />
      <Textarea
        label={t("quick.body")}
        description={t("quick.body_help", { variable: "{{contact.name}}" })}
        autosize
        minRows={4}
        maxRows={14}
        dir="auto"
        value={body}
        error={problem?.field("body")}
        onChange={(e) => setBody(e.currentTarget.value)}
      />
      <div className={classes.buttons}>
        <Button type="submit" disabled={shortcut.trim() === "" || body.trim() === ""}>
          {t("action.save")}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}

import { Button, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { queryClient, quickRepliesQuery } from "../../api/queries";
import type { QuickReply } from "../../api/types";
import { useMay } from "../../shell/permission";
import { failed } from "../../shell/toast";
import classes from "../settings.module.css";
import { WordList } from "../WordList";

const changed = () => queryClient.invalidateQueries({ queryKey: quickRepliesQuery.queryKey });

export function QuickRepliesPage() {
  const { t } = useTranslation();
  const may = useMay("quick_reply.manage");
  const { data } = useQuery(quickRepliesQuery);
  return (
    <WordList
      title={t("settings.quick_replies")}
      help={t("quick.help")}
      empty={t("quick.empty")}
      items={data?.items}
      may={may}
      create={t("quick.new")}
      edit={({ shortcut }) => t("quick.edit", { name: shortcut })}
      remove={({ shortcut }) => t("quick.delete", { name: shortcut })}
      removeHelp={t("quick.delete_help")}
      size="lg"
      row={(reply) => (
        <div className={classes.grow}>
          <strong>/{reply.shortcut}</strong>
          <small dir="auto">{reply.body}</small>
        </div>
      )}
      form={(reply, onDone) => <QuickReplyForm reply={reply} onDone={onDone} />}
      onRemove={async (reply) => {
        await api.quickReplies.remove(reply.id);
        await changed();
      }}
    />
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

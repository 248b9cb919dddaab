import { Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient, quickRepliesQuery } from "../../api/queries";
import type { QuickReply } from "../../api/types";
import { useMay } from "../../shell/permission";
import { SaveForm } from "../SaveForm";
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

  async function save() {
    const values = { shortcut: shortcut.trim().replace(/^\//, ""), body };
    if (reply) await api.quickReplies.change(reply.id, values);
    else await api.quickReplies.create(values);
    await changed();
  }

  return (
    <SaveForm
      fields={["shortcut", "body"]}
      ready={shortcut.trim() !== "" && body.trim() !== ""}
      onSave={save}
      onDone={onDone}
    >
      {(problem) => (
        <>
          <TextInput
            label={t("quick.shortcut")}
            description={t("quick.shortcut_help")}
            leftSection="/"
            data-autofocus
            value={shortcut}
            error={problem("shortcut")}
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
            error={problem("body")}
            onChange={(e) => setBody(e.currentTarget.value)}
          />
        </>
      )}
    </SaveForm>
  );
}

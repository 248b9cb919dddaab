import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { inboxesQuery, queryClient } from "../../api/queries";
import { failed } from "../../shell/toast";
import operation from "../operation/operation.module.css";
import { Section } from "../Section";
import settings from "../settings.module.css";

const noticesQuery = queryOptions({ queryKey: ["notices"], queryFn: api.privacy.notices, staleTime: 0 });

/** What an inbox tells everybody who writes to it for the first time, by language. */
export function Notices() {
  const { t } = useTranslation();
  const { data } = useQuery(noticesQuery);
  const { data: inboxes } = useQuery(inboxesQuery);
  const [inbox, setInbox] = useState<string | null>(null);
  const [language, setLanguage] = useState("en");
  const [text, setText] = useState("");
  const named = (id: string) => inboxes?.items.find((one) => one.id === id)?.name ?? id;

  async function write(inbox_id: string, language: string, text: string) {
    try {
      const notices = await api.privacy.writeNotice({ inbox_id, language, text });
      queryClient.setQueryData(noticesQuery.queryKey, notices);
      setText("");
    } catch (error) {
      failed(error);
    }
  }

  function save(event: FormEvent) {
    event.preventDefault();
    if (inbox) void write(inbox, language.trim().toLowerCase(), text);
  }

  return (
    <Section id="notices" title={t("notice.title")} help={t("notice.help")}>
      <ul className={operation.items}>
        {data?.items.map((notice) => (
          <li key={notice.inbox_id + notice.language}>
            <div className={settings.grow}>
              <strong>
                {named(notice.inbox_id)} · {notice.language}
              </strong>
              <p className={settings.muted} dir="auto">
                {notice.text}
              </p>
            </div>
            <Button
              size="xs"
              variant="default"
              onClick={() => void write(notice.inbox_id, notice.language, "")}
            >
              {t("action.delete")}
            </Button>
          </li>
        ))}
      </ul>
      <form className={settings.form} onSubmit={save}>
        <Select
          label={t("retention.inbox")}
          data={inboxes?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={inbox}
          onChange={setInbox}
        />
        <TextInput
          label={t("field.language")}
          description={t("notice.language_help")}
          maxLength={2}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value)}
        />
        <Textarea
          label={t("notice.text")}
          autosize
          minRows={3}
          maxLength={1500}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={settings.buttons}>
          <Button type="submit" disabled={!inbox || text.trim() === ""}>
            {t("action.save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}

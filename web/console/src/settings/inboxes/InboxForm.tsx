import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import type { Channel, ChannelField, Inbox } from "../../api/types";
import { currentLocale } from "../../locales";
import { useMay } from "../../shell/permission";
import { done, failed } from "../../shell/toast";
import settings from "../settings.module.css";

interface Props {
  channel: Channel;
  inbox: Inbox | undefined;
  onSaved: (inbox: Inbox) => void;
}

/** What the channel says about a field, in the interface's language. */
function told(words: Record<string, string> | null): string {
  return words?.[currentLocale()] ?? words?.en ?? "";
}

export function InboxForm({ channel, inbox, onSaved }: Props) {
  const { t } = useTranslation();
  const may = useMay("inbox.manage");
  const [name, setName] = useState(inbox?.name ?? channel.name);
  const [values, setValues] = useState<Record<string, string>>(inbox?.config ?? {});
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  function input(field: ChannelField) {
    const kept = field.secret && (inbox?.secrets_set.includes(field.name) ?? false);
    return {
      name: field.name,
      label: told(field.label) || field.name,
      description: told(field.help) || undefined,
      placeholder: kept ? t("inbox.secret_kept") : (field.placeholder ?? undefined),
      required: field.required && !kept,
      withAsterisk: field.required && !kept,
      autoComplete: "off",
      spellCheck: false,
      disabled: !may,
      ...(field.pattern ? { pattern: field.pattern } : {}),
      value: values[field.name] ?? "",
      error: problem?.field(field.name),
      onChange: (event: { currentTarget: { value: string } }) => {
        const { value } = event.currentTarget;
        setValues((old) => ({ ...old, [field.name]: value }));
      },
    };
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const config: Record<string, string> = {};
    for (const field of channel.fields) {
      const value = (values[field.name] ?? "").trim();
      // An untouched secret stays what it is; a cleared plain field is cleared.
      if (value !== "" || (inbox && !field.secret)) config[field.name] = value;
    }
    try {
      const saved = inbox
        ? await api.inboxes.change(inbox.id, { name: name.trim(), config })
        : await api.inboxes.create({ kind: channel.kind, name: name.trim(), config });
      setValues(saved.config);
      done(t("action.saved"));
      onSaved(saved);
    } catch (error) {
      if (error instanceof ApiError && error.fields.length > 0) setProblem(error);
      else failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className={settings.form} onSubmit={save}>
      {!inbox && (
        <ol className={settings.steps}>
          <li>{t("inbox.step_app")}</li>
          <li>{t("inbox.step_fields")}</li>
          <li>{t("inbox.step_callback")}</li>
          <li>{t("inbox.step_check")}</li>
        </ol>
      )}
      <TextInput
        label={t("inbox.name")}
        description={t("inbox.name_help")}
        required
        withAsterisk
        disabled={!may}
        value={name}
        error={problem?.field("name")}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      {channel.fields.map((field) =>
        field.secret ? (
          <PasswordInput
            key={field.name}
            {...input(field)}
            visibilityToggleButtonProps={{ "aria-label": t("inbox.show_secret") }}
          />
        ) : (
          <TextInput key={field.name} {...input(field)} />
        ),
      )}
      {may && (
        <div className={settings.buttons}>
          <Button type="submit" loading={busy} data-testid="inbox-save">
            {inbox ? t("action.save") : t("inbox.connect_action")}
          </Button>
        </div>
      )}
    </form>
  );
}

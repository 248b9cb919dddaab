import { ActionIcon, CopyButton, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Inbox } from "../../api/types";
import settings from "../settings.module.css";

/** What has to be pasted into the provider's console so that messages arrive here. */
export function Callback({ inbox }: { inbox: Inbox }) {
  const { t } = useTranslation();
  return (
    <section className={settings.card} aria-labelledby="callback">
      <h2 id="callback">{t("inbox.callback")}</h2>
      <div className={settings.form}>
        <p className={settings.muted} style={{ margin: 0 }}>
          {t("inbox.callback_help")}
        </p>
        <Copied label={t("inbox.callback_url")} value={inbox.callback_url} />
        <Copied label={t("inbox.verify_token")} value={inbox.verify_token} />
      </div>
    </section>
  );
}

function Copied({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <TextInput
          label={label}
          value={value}
          readOnly
          classNames={{ input: settings.raw }}
          onFocus={(event) => event.currentTarget.select()}
          rightSection={
            <ActionIcon
              size={28}
              aria-label={copied ? t("action.copied") : t("inbox.copy", { what: label })}
              onClick={copy}
            >
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          }
        />
      )}
    </CopyButton>
  );
}

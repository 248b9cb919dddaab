import { Button, FileButton } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { failed } from "../../shell/toast";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { AddressCard } from "./AddressCard";
import classes from "./import.module.css";
import { SourceList } from "./SourceList";

/** The endings of files that are read. */
const accepted = ".md,.markdown,.txt,.html,.htm,.csv,.tsv,.xlsx,.docx,.pdf,.zip";

/** Takes knowledge in: from a file, and again from what it was taken from before. */
export function ImportPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("import.title")} help={t("import.help")} back="/settings/knowledge">
      <FileCard />
      <AddressCard />
      <SourceList />
    </Page>
  );
}

function FileCard() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const reset = useRef<() => void>(null);

  async function take(file: File | null | undefined) {
    if (!file || busy) return;
    setBusy(true);
    try {
      const { id } = await api.imports.handIn(file);
      await navigate({ to: "/settings/knowledge/import/$importId", params: { importId: id } });
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
      // So that the same file can be chosen again.
      reset.current?.();
    }
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  }

  return (
    <section
      className={`${settings.card} ${classes.drop}`}
      data-over={over}
      aria-labelledby="import-file"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={drop}
    >
      <h2 id="import-file">{t("import.file")}</h2>
      <p className={settings.muted}>{t("import.file_help")}</p>
      <FileButton
        accept={accepted}
        resetRef={reset}
        onChange={(file) => void take(file)}
        inputProps={{ "aria-label": t("import.file") }}
      >
        {(props) => (
          <Button
            {...props}
            variant="default"
            loading={busy}
            leftSection={<IconFileUpload size={16} />}
            data-testid="import-choose"
          >
            {t("import.choose")}
          </Button>
        )}
      </FileButton>
    </section>
  );
}

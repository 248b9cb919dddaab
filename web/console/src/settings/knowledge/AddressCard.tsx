import { Button, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { failed } from "../../shell/toast";
import { lines } from "../lines";
import settings from "../settings.module.css";

/** Names pages of a site, or the sitemap that names them, to take knowledge from. */
export function AddressCard() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [kind, setKind] = useState<"sitemap" | "pages">("sitemap");
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function take(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    setBusy(true);
    try {
      const { id } = await api.sources.create({ kind, addresses: lines(text) });
      await navigate({ to: "/settings/knowledge/import/$importId", params: { importId: id } });
    } catch (error) {
      const field = error instanceof ApiError ? error.fields[0] : undefined;
      if (field) setProblem(field.message);
      else failed(error);
    } finally {
      setBusy(false);
    }
  }

  const field = {
    dir: "ltr",
    value: text,
    error: problem,
    onChange: (event: { currentTarget: { value: string } }) => {
      setText(event.currentTarget.value);
      setProblem(null);
    },
  };
  return (
    <section className={settings.card} aria-labelledby="import-web">
      <h2 id="import-web">{t("import.web")}</h2>
      <form className={settings.form} onSubmit={take}>
        <SegmentedControl
          aria-label={t("import.web")}
          value={kind}
          onChange={(value) => {
            setKind(value === "pages" ? "pages" : "sitemap");
            setProblem(null);
          }}
          data={[
            { value: "sitemap", label: t("import.kind_sitemap") },
            { value: "pages", label: t("import.kind_pages") },
          ]}
        />
        {kind === "sitemap" ? (
          <TextInput
            {...field}
            label={t("import.sitemap")}
            description={t("import.web_help")}
            placeholder="https://example.com/sitemap.xml"
            data-testid="import-address"
          />
        ) : (
          <Textarea
            {...field}
            label={t("import.addresses")}
            description={t("import.web_help")}
            placeholder="https://example.com/help"
            autosize
            minRows={2}
            maxRows={10}
            data-testid="import-address"
          />
        )}
        <div className={settings.buttons}>
          <Button
            type="submit"
            variant="default"
            loading={busy}
            disabled={text.trim() === ""}
            data-testid="import-fetch"
          >
            {t("import.read")}
          </Button>
        </div>
      </form>
    </section>
  );
}

import "@mantine/core/styles/SimpleGrid.layer.css";
import { Checkbox, Select, SimpleGrid, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ColumnRole, ImportChoice, ImportColumn } from "../../api/types";
import settings from "../settings.module.css";
import { CategorySelect } from "./CategorySelect";
import classes from "./import.module.css";

const roles = ["question", "answer", "title", "body", "category", "language", "ignored"] as const;

interface Props {
  columns: ImportColumn[];
  /** How many articles the source has no more. */
  gone: number;
  choice: ImportChoice;
  /** What is wrong with the language. */
  problem: string | null;
  /** The buttons: what is chosen, and whether columns were given another meaning. */
  children: (chosen: ImportChoice, mapped: boolean) => ReactNode;
}

/** What is to be done with what was read: what columns hold, and what the articles become. */
export function ChoiceForm({ columns, gone, choice, problem, children }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<ImportChoice>(() => ({
    ...choice,
    columns: columns.map((column) => column.role),
  }));
  const put = (change: Partial<ImportChoice>) => setDraft((old) => ({ ...old, ...change }));
  const mapped = draft.columns.some((role, place) => role !== columns[place]?.role);
  return (
    <div className={settings.form}>
      {columns.length > 0 && (
        <fieldset className={classes.columns} data-testid="import-columns">
          <legend>{t("import.columns")}</legend>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {columns.map((column, place) => (
              <Select
                // Columns have no names of their own.
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
                key={place}
                label={column.name || t("import.column_n", { n: place + 1 })}
                description={column.example || undefined}
                allowDeselect={false}
                value={draft.columns[place] ?? "ignored"}
                onChange={(value) =>
                  put({ columns: draft.columns.map((role, at) => (at === place ? roleOf(value) : role)) })
                }
                data={roles.map((value) => ({ value, label: t(`import.role_${value}`) }))}
              />
            ))}
          </SimpleGrid>
        </fieldset>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={t("field.language")}
          description={t("import.locale_help")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          placeholder={t("import.recognised")}
          maxLength={35}
          error={problem}
          value={draft.locale ?? ""}
          onChange={(event) => put({ locale: event.currentTarget.value || null })}
        />
        <Select
          label={t("article.audience")}
          allowDeselect={false}
          value={draft.audience}
          onChange={(value) => put({ audience: value === "internal" ? "internal" : "public" })}
          data={[
            { value: "public", label: t("article.audience_public") },
            { value: "internal", label: t("article.audience_internal") },
          ]}
        />
        <CategorySelect
          disabled={false}
          value={draft.category_id}
          onChange={(category_id) => put({ category_id })}
        />
      </SimpleGrid>
      <Checkbox
        label={t("import.publish")}
        description={t("import.publish_help")}
        checked={draft.publish}
        onChange={(event) => put({ publish: event.currentTarget.checked })}
      />
      {gone > 0 && (
        <Checkbox
          label={t("import.archive_gone", { count: gone })}
          checked={draft.archive_gone}
          onChange={(event) => put({ archive_gone: event.currentTarget.checked })}
        />
      )}
      {children(draft, mapped)}
    </div>
  );
}

function roleOf(value: string | null): ColumnRole {
  return roles.find((role) => role === value) ?? "ignored";
}

import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { labelsQuery, queryClient } from "../../api/queries";
import type { Label } from "../../api/types";
import { useMay } from "../../shell/permission";
import { SaveForm } from "../SaveForm";
import classes from "../settings.module.css";
import { WordList } from "../WordList";
import { Swatches } from "./Swatches";

const changed = () => queryClient.invalidateQueries({ queryKey: labelsQuery.queryKey });

export function LabelsPage() {
  const { t } = useTranslation();
  const may = useMay("label.manage");
  const { data } = useQuery(labelsQuery);
  return (
    <WordList
      title={t("settings.labels")}
      help={t("labels.help")}
      empty={t("labels.empty")}
      items={data?.items}
      may={may}
      create={t("labels.new")}
      edit={({ name }) => t("labels.edit", { name })}
      remove={({ name }) => t("labels.delete", { name })}
      removeHelp={t("labels.delete_help")}
      row={(label) => (
        <>
          <Swatches.Dot colour={label.color} />
          <div className={classes.grow}>
            <strong>{label.name}</strong>
          </div>
        </>
      )}
      form={(label, onDone) => <LabelForm label={label} onDone={onDone} />}
      onRemove={async (label) => {
        await api.labels.remove(label.id);
        await changed();
      }}
    />
  );
}

function LabelForm({ label, onDone }: { label: Label | null; onDone: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(label?.name ?? "");
  const [color, setColor] = useState(label?.color ?? "blue");

  async function save() {
    const body = { name: name.trim(), color };
    if (label) await api.labels.change(label.id, body);
    else await api.labels.create(body);
    await changed();
  }

  return (
    <SaveForm fields={["name"]} ready={name.trim() !== ""} onSave={save} onDone={onDone}>
      {(problem) => (
        <>
          <TextInput
            label={t("field.name")}
            data-autofocus
            value={name}
            error={problem("name")}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <Swatches value={color} onChange={setColor} />
        </>
      )}
    </SaveForm>
  );
}

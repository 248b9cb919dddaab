import { ActionIcon, Button, Modal, TextInput } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { labelsQuery, queryClient } from "../../api/queries";
import type { Label } from "../../api/types";
import { useMay } from "../../shell/permission";
import { failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { labelColours } from "./colours";
import { Swatches } from "./Swatches";

const changed = () => queryClient.invalidateQueries({ queryKey: labelsQuery.queryKey });

export function LabelsPage() {
  const { t } = useTranslation();
  const may = useMay("label.manage");
  const { data } = useQuery(labelsQuery);
  const [edited, setEdited] = useState<Label | "new" | null>(null);
  const [doomed, setDoomed] = useState<Label | null>(null);

  return (
    <Page
      title={t("settings.labels")}
      help={t("labels.help")}
      action={may && <Button onClick={() => setEdited("new")}>{t("labels.new")}</Button>}
    >
      {data && data.items.length === 0 ? (
        <p className={classes.empty}>{t("labels.empty")}</p>
      ) : (
        <ul className={classes.rows}>
          {(data?.items ?? []).map((label) => (
            <li key={label.id}>
              <Swatches.Dot colour={label.color} />
              <div className={classes.grow}>
                <strong>{label.name}</strong>
              </div>
              {may && (
                <>
                  <ActionIcon
                    aria-label={t("labels.edit", { name: label.name })}
                    onClick={() => setEdited(label)}
                  >
                    <IconPencil size={17} />
                  </ActionIcon>
                  <ActionIcon
                    aria-label={t("labels.delete", { name: label.name })}
                    onClick={() => setDoomed(label)}
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
        title={edited === "new" ? t("labels.new") : t("action.edit")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {edited !== null && (
          <LabelForm label={edited === "new" ? null : edited} onDone={() => setEdited(null)} />
        )}
      </Modal>
      <Confirm
        opened={doomed !== null}
        title={t("labels.delete", { name: doomed?.name ?? "" })}
        text={t("labels.delete_help")}
        action={t("action.delete")}
        onClose={() => setDoomed(null)}
        onConfirm={async () => {
          if (doomed) await api.labels.remove(doomed.id);
          await changed();
        }}
      />
    </Page>
  );
}

function LabelForm({ label, onDone }: { label: Label | null; onDone: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(label?.name ?? "");
  const [color, setColor] = useState(label?.color ?? labelColours[0]);
  const [problem, setProblem] = useState<string | null>(null);

  async function save(event: FormEvent) {
    event.preventDefault();
    try {
      const body = { name: name.trim(), color };
      if (label) await api.labels.change(label.id, body);
      else await api.labels.create(body);
      await changed();
      onDone();
    } catch (error) {
      const message = error instanceof ApiError ? error.field("name") : null;
      if (message) setProblem(message);
      else failed(error);
    }
  }

  return (
    <form className={classes.form} onSubmit={save}>
      <TextInput
        label={t("field.name")}
        data-autofocus
        value={name}
        error={problem}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <Swatches value={color} onChange={setColor} />
      <div className={classes.buttons}>
        <Button type="submit" disabled={name.trim() === ""}>
          {t("action.save")}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}

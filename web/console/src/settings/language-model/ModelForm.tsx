import { Button, Switch } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { LanguageModel } from "../../api/types";
import classes from "../settings.module.css";
import { Budget } from "./Budget";
import { type Draft, draftOf, valuesOf } from "./draft";
import { useSave } from "./useSave";
import { WhereFields } from "./WhereFields";

const fields = ["address", "model", "key", "tokens_a_day", "tokens_a_contact"] as const;
const budgets = ["tokens_a_day", "tokens_a_contact"] as const;
const switches = ["answers", "assists", "cross_border"] as const;

interface Props {
  model: LanguageModel | null;
  /** What the server of the model says that it has. */
  names: string[];
  guarded: (work: () => Promise<unknown>) => Promise<void>;
  onSaved: () => Promise<void>;
}

/** Which model is used and what for. */
export function ModelForm({ model, names, guarded, onSaved }: Props) {
  const { t } = useTranslation();
  const [form, setForm] = useState(() => draftOf(model));
  const set = (change: Partial<Draft>) => setForm((old) => ({ ...old, ...change }));
  const { busy, saving, wrong } = useSave(fields, guarded, onSaved);
  const save = saving(async () => setForm(draftOf(await api.languageModel.set(valuesOf(form)))));

  return (
    <form className={`${classes.card} ${classes.form}`} onSubmit={save}>
      <WhereFields
        testid="model"
        value={form}
        model={model}
        names={names}
        addressHelp={t("model.address_help")}
        example="llama3.1:8b"
        wrong={wrong}
        onChange={set}
      />
      {switches.map((name) => (
        <Switch
          key={name}
          label={t(`model.${name}`)}
          description={t(`model.${name}_help`)}
          checked={form[name]}
          onChange={(event) => set({ [name]: event.currentTarget.checked })}
          data-testid={`model-${name}`}
        />
      ))}
      {budgets.map((name) => (
        <Budget
          key={name}
          label={t(`model.${name}`)}
          description={t(`model.${name}_help`)}
          value={form[name]}
          error={wrong(name)}
          onChange={(tokens) => set({ [name]: tokens })}
          data-testid={`model-${name}`}
        />
      ))}
      <div className={classes.buttons}>
        <Button type="submit" loading={busy} data-testid="model-save">
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}

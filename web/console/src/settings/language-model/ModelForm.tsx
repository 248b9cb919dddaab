import {
  Autocomplete,
  Button,
  NumberInput,
  type OptionsFilter,
  PasswordInput,
  Switch,
  TextInput,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import type { LanguageModel } from "../../api/types";
import { done } from "../../shell/toast";
import classes from "../settings.module.css";
import { type Draft, draftOf, isAt, keyFate, valuesOf } from "./draft";

const fields = ["address", "model", "key", "tokens_a_day", "tokens_a_contact"] as const;
const budgets = ["tokens_a_day", "tokens_a_contact"] as const;
const switches = ["answers", "assists", "cross_border"] as const;

// What was chosen hides nothing else that could be.
export const everyName: OptionsFilter<string> = ({ options }) => options;

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
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<Draft>) => setForm((old) => ({ ...old, ...change }));
  const wrong = (field: (typeof fields)[number]) => problem?.field(field) ?? null;

  const save = (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    void guarded(async () => {
      setBusy(true);
      try {
        setForm(draftOf(await api.languageModel.set(valuesOf(form))));
        done(t("action.saved"));
      } catch (error) {
        if (!(error instanceof ApiError && error.concerns(fields))) throw error;
        setProblem(error);
        return;
      } finally {
        setBusy(false);
      }
      await onSaved();
    });
  };

  return (
    <form className={`${classes.card} ${classes.form}`} onSubmit={save}>
      <TextInput
        label={t("model.address")}
        description={t("model.address_help")}
        placeholder="http://localhost:11434/v1"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        value={form.address}
        error={wrong("address")}
        onChange={(event) => set({ address: event.currentTarget.value })}
        data-testid="model-address"
      />
      <Autocomplete
        label={t("model.model")}
        description={t("model.model_help")}
        placeholder="llama3.1:8b"
        autoComplete="off"
        spellCheck={false}
        data={isAt(form.address, model) ? [...new Set(names)] : []}
        {...(names.includes(form.model) ? { filter: everyName } : {})}
        comboboxProps={{ withinPortal: false }}
        value={form.model}
        error={wrong("model")}
        onChange={(name) => set({ model: name })}
        data-testid="model-name"
      />
      <PasswordInput
        label={t("model.key")}
        description={t(`model.key_${keyFate(form.address, model)}`)}
        autoComplete="off"
        value={form.key}
        error={wrong("key")}
        onChange={(event) => set({ key: event.currentTarget.value })}
        visibilityToggleButtonProps={{ "aria-label": t("model.key_show") }}
        data-testid="model-key"
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
        <NumberInput
          key={name}
          label={t(`model.${name}`)}
          description={t(`model.${name}_help`)}
          value={form[name]}
          min={1_000}
          step={1_000}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="none"
          thousandSeparator
          error={wrong(name)}
          onChange={(value) => set({ [name]: typeof value === "number" ? value : "" })}
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

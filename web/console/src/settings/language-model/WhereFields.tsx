import { Autocomplete, type OptionsFilter, PasswordInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { LanguageModel } from "../../api/types";
import { isAt, keyFate } from "./draft";

/** Where a model of any kind is, and what is shown there. */
export interface Where {
  address: string;
  model: string;
  key: string;
}

interface Props {
  /** What the names begin with by which journeys find the fields. */
  testid: string;
  value: Where;
  /** The model that is used now. */
  model: Pick<LanguageModel, "address" | "has_key"> | null;
  /** What the server of the model says that it has. */
  names: string[];
  addressHelp: string;
  /** Such as a model is called. */
  example: string;
  wrong: (field: keyof Where) => string | null;
  onChange: (change: Partial<Where>) => void;
}

// What was chosen hides nothing else that could be.
const everyName: OptionsFilter<string> = ({ options }) => options;

/** The fields that say where a model is. */
export function WhereFields({ testid, value, model, names, addressHelp, example, wrong, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t("model.address")}
        description={addressHelp}
        placeholder="http://localhost:11434/v1"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        value={value.address}
        error={wrong("address")}
        onChange={(event) => onChange({ address: event.currentTarget.value })}
        data-testid={`${testid}-address`}
      />
      <Autocomplete
        label={t("model.model")}
        description={t("model.model_help")}
        placeholder={example}
        autoComplete="off"
        spellCheck={false}
        data={isAt(value.address, model) ? [...new Set(names)] : []}
        {...(names.includes(value.model) ? { filter: everyName } : {})}
        comboboxProps={{ withinPortal: false }}
        value={value.model}
        error={wrong("model")}
        onChange={(name) => onChange({ model: name })}
        data-testid={`${testid}-name`}
      />
      <PasswordInput
        label={t("model.key")}
        description={t(`model.key_${keyFate(value.address, model)}`)}
        autoComplete="off"
        value={value.key}
        error={wrong("key")}
        onChange={(event) => onChange({ key: event.currentTarget.value })}
        visibilityToggleButtonProps={{ "aria-label": t("model.key_show") }}
        data-testid={`${testid}-key`}
      />
    </>
  );
}

import { Autocomplete, Button, NumberInput, PasswordInput, Switch, TextInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { ApiError } from "../../api/error";
import { embeddingModelQuery, queryClient } from "../../api/queries";
import type { EmbeddingModel, EmbeddingModelTested } from "../../api/types";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import classes from "../settings.module.css";
import { isAt, keyFate } from "./draft";
import { everyName } from "./ModelForm";
import test from "./test.module.css";
import { Use } from "./Use";

const fields = ["address", "model", "key", "tokens_a_day"] as const;

const changed = () => queryClient.invalidateQueries({ queryKey: embeddingModelQuery.queryKey });

interface Props {
  guarded: (work: () => Promise<unknown>) => Promise<void>;
}

/** Which sentence model the knowledge is found by, whether it works, and how much of it was used today. */
export function SentenceModel({ guarded }: Props) {
  const { t } = useTranslation();
  const query = useQuery(embeddingModelQuery);
  const [tested, setTested] = useState<EmbeddingModelTested | null>(null);
  const [testing, setTesting] = useState(false);
  const [removing, setRemoving] = useState(false);
  const model = query.data?.model ?? null;

  async function look() {
    setTesting(true);
    setTested(null);
    try {
      setTested(await api.embeddingModel.test());
      await changed();
    } catch (error) {
      failed(error);
    } finally {
      setTesting(false);
    }
  }

  return (
    <section className={classes.card} aria-labelledby="sentence-model">
      <div className={classes.head}>
        <h2 id="sentence-model" className={classes.title}>
          {t("sentence.title")}
        </h2>
        {model && (
          <Button variant="default" loading={testing} onClick={() => void look()} data-testid="sentence-test">
            {t("model.test")}
          </Button>
        )}
      </div>
      <p className={classes.muted}>{t("sentence.help")}</p>
      <Awaited query={query} />
      {query.data && (
        <Form
          key={model?.address ?? ""}
          model={model}
          names={tested?.models ?? []}
          guarded={guarded}
          onSaved={async () => {
            await changed();
            await look();
          }}
          onRemove={() => setRemoving(true)}
        />
      )}
      {query.data && model && (
        <div className={`${classes.form} ${test.below}`}>
          <div aria-live="polite" className={test.outcome} data-testid="sentence-outcome">
            {testing ? (
              <p className={classes.muted}>{t("model.testing")}</p>
            ) : (
              <Outcome model={model} tested={tested} />
            )}
          </div>
          <Use used={query.data.used_today} budget={model.tokens_a_day} />
        </div>
      )}
      <Confirm
        opened={removing}
        title={t("sentence.remove")}
        text={t("sentence.remove_help")}
        action={t("sentence.remove")}
        onClose={() => setRemoving(false)}
        onConfirm={() =>
          guarded(async () => {
            await api.embeddingModel.remove();
            setTested(null);
            await changed();
            done(t("sentence.removed"));
          })
        }
      />
    </section>
  );
}

function Outcome({ model, tested }: { model: EmbeddingModel; tested: EmbeddingModelTested | null }) {
  const { t } = useTranslation();
  const { checked_at, dimension } = model;
  if (tested?.problem) {
    return (
      <p className={test.problem} role="alert">
        <strong>{t("model.broken")}</strong> <bdi>{tested.problem}</bdi>
      </p>
    );
  }
  if (checked_at === null) return <p className={classes.muted}>{t("model.untested")}</p>;
  const number = (value: number) => value.toLocaleString(currentLocale());
  return (
    <>
      <p className={test.works}>
        <IconCircleCheck size={18} aria-hidden="true" />
        {t("model.works_since", { when: moment(checked_at, currentLocale()) })}
      </p>
      <p className={classes.muted} data-testid="sentence-figures">
        {dimension !== null && t("sentence.dimension", { dimension: number(dimension) })}{" "}
        {tested?.took != null && t("sentence.took", { took: number(tested.took) })}
      </p>
    </>
  );
}

interface FormProps extends Props {
  model: EmbeddingModel | null;
  names: string[];
  onSaved: () => Promise<void>;
  onRemove: () => void;
}

function Form({ model, names, guarded, onSaved, onRemove }: FormProps) {
  const { t } = useTranslation();
  const [address, setAddress] = useState(model?.address ?? "");
  const [name, setName] = useState(model?.model ?? "");
  const [key, setKey] = useState("");
  const [crossBorder, setCrossBorder] = useState(model?.cross_border ?? false);
  const [budget, setBudget] = useState<number | "">(model?.tokens_a_day ?? 1_000_000);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const wrong = (field: (typeof fields)[number]) => problem?.field(field) ?? null;

  const save = (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    void guarded(async () => {
      setBusy(true);
      try {
        await api.embeddingModel.set({
          address,
          model: name,
          ...(key === "" ? {} : { key }),
          cross_border: crossBorder,
          tokens_a_day: budget || 0,
        });
        setKey("");
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
    <form className={classes.form} onSubmit={save}>
      <TextInput
        label={t("model.address")}
        description={t("sentence.address_help")}
        placeholder="http://localhost:11434/v1"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        value={address}
        error={wrong("address")}
        onChange={(event) => setAddress(event.currentTarget.value)}
        data-testid="sentence-address"
      />
      <Autocomplete
        label={t("model.model")}
        description={t("model.model_help")}
        placeholder="bge-m3"
        autoComplete="off"
        spellCheck={false}
        data={isAt(address, model) ? [...new Set(names)] : []}
        {...(names.includes(name) ? { filter: everyName } : {})}
        comboboxProps={{ withinPortal: false }}
        value={name}
        error={wrong("model")}
        onChange={setName}
        data-testid="sentence-name"
      />
      <PasswordInput
        label={t("model.key")}
        description={t(`model.key_${keyFate(address, model)}`)}
        autoComplete="off"
        value={key}
        error={wrong("key")}
        onChange={(event) => setKey(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": t("model.key_show") }}
        data-testid="sentence-key"
      />
      <Switch
        label={t("model.cross_border")}
        description={t("model.cross_border_help")}
        checked={crossBorder}
        onChange={(event) => setCrossBorder(event.currentTarget.checked)}
        data-testid="sentence-cross_border"
      />
      <NumberInput
        label={t("model.tokens_a_day")}
        description={t("sentence.tokens_a_day_help")}
        value={budget}
        min={1_000}
        step={1_000}
        allowDecimal={false}
        allowNegative={false}
        clampBehavior="none"
        thousandSeparator
        error={wrong("tokens_a_day")}
        onChange={(value) => setBudget(typeof value === "number" ? value : "")}
        data-testid="sentence-tokens_a_day"
      />
      <div className={classes.buttons}>
        <Button type="submit" loading={busy} data-testid="sentence-save">
          {t("action.save")}
        </Button>
        {model && (
          <Button variant="default" onClick={onRemove} data-testid="sentence-remove">
            {t("sentence.remove")}
          </Button>
        )}
      </div>
    </form>
  );
}

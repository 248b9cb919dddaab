import { Button, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { embeddingModelQuery, queryClient } from "../../api/queries";
import type { EmbeddingModel, LocalEmbeddingModel } from "../../api/types";
import { currentLocale } from "../../locales";
import { Awaited } from "../../shell/Awaited";
import { done } from "../../shell/toast";
import { Confirm } from "../Confirm";
import classes from "../settings.module.css";
import { Budget } from "./Budget";
import { Outcome } from "./Outcome";
import test from "./test.module.css";
import { Use } from "./Use";
import { useLook } from "./useLook";
import { useSave } from "./useSave";
import { type Where, WhereFields } from "./WhereFields";

const fields = ["address", "model", "key", "tokens_a_day"] as const;

const changed = () => queryClient.invalidateQueries({ queryKey: embeddingModelQuery.queryKey });

interface Props {
  guarded: (work: () => Promise<unknown>) => Promise<void>;
}

/** Which sentence model the knowledge is found by, whether it works, and how much of it was used today. */
export function SentenceModel({ guarded }: Props) {
  const { t } = useTranslation();
  const query = useQuery(embeddingModelQuery);
  const { tested, testing, look, forget } = useLook(api.embeddingModel.test, changed);
  const [removing, setRemoving] = useState(false);
  const model = query.data?.model ?? null;

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
      {query.data?.local && (
        <OfServer local={query.data.local} replaced={(model?.checked_at ?? null) !== null} />
      )}
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
          <Outcome
            testing={testing}
            problem={tested?.problem ?? null}
            checkedAt={model.checked_at}
            data-testid="sentence-outcome"
          >
            <Figures dimension={model.dimension} took={tested?.took ?? null} />
          </Outcome>
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
            forget();
            await changed();
            done(t("sentence.removed"));
          })
        }
      />
    </section>
  );
}

/** What the server has of its own, and whether it is used here. */
function OfServer({ local, replaced }: { local: LocalEmbeddingModel; replaced: boolean }) {
  const { t } = useTranslation();
  const dimension = local.dimension.toLocaleString(currentLocale());
  return (
    <p className={classes.muted} data-testid="sentence-local">
      {t("sentence.local", { name: local.name })} {t("sentence.dimension", { dimension })}{" "}
      {t(replaced ? "sentence.local_replaced" : "sentence.local_used")}
    </p>
  );
}

/** How long what it says is, and how long it took to say it. */
function Figures({ dimension, took }: { dimension: number | null; took: number | null }) {
  const { t } = useTranslation();
  const number = (value: number) => value.toLocaleString(currentLocale());
  return (
    <p className={classes.muted} data-testid="sentence-figures">
      {dimension !== null && t("sentence.dimension", { dimension: number(dimension) })}{" "}
      {took !== null && t("sentence.took", { took: number(took) })}
    </p>
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
  const [where, setWhere] = useState<Where>({
    address: model?.address ?? "",
    model: model?.model ?? "",
    key: "",
  });
  const [crossBorder, setCrossBorder] = useState(model?.cross_border ?? false);
  const [budget, setBudget] = useState<number | "">(model?.tokens_a_day ?? 1_000_000);
  const { busy, saving, wrong } = useSave(fields, guarded, onSaved);
  const change = (part: Partial<Where>) => setWhere((old) => ({ ...old, ...part }));

  const save = saving(async () => {
    const { key, ...rest } = where;
    await api.embeddingModel.set({
      ...rest,
      ...(key === "" ? {} : { key }),
      cross_border: crossBorder,
      tokens_a_day: budget || 0,
    });
    change({ key: "" });
  });

  return (
    <form className={classes.form} onSubmit={save}>
      <WhereFields
        testid="sentence"
        value={where}
        model={model}
        names={names}
        addressHelp={t("sentence.address_help")}
        example="bge-m3"
        wrong={wrong}
        onChange={change}
      />
      <Switch
        label={t("model.cross_border")}
        description={t("model.cross_border_help")}
        checked={crossBorder}
        onChange={(event) => setCrossBorder(event.currentTarget.checked)}
        data-testid="sentence-cross_border"
      />
      <Budget
        label={t("model.tokens_a_day")}
        description={t("sentence.tokens_a_day_help")}
        value={budget}
        error={wrong("tokens_a_day")}
        onChange={setBudget}
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

import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconMessageQuestion } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { understandQuery } from "../../api/queries";
import classes from "../settings.module.css";
import { useIntentName } from "./names";

/** Tries what would be understood of a text. */
export function Ask() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState("");
  const [text] = useDebouncedValue(asked.trim(), 250);
  return (
    <>
      <TextInput
        label={t("intent.ask")}
        description={t("intent.ask_help")}
        leftSection={<IconMessageQuestion size={16} />}
        value={asked}
        maxLength={500}
        dir="auto"
        data-testid="intent-ask"
        onChange={(event) => setAsked(event.currentTarget.value)}
      />
      {text !== "" && <Told text={text} />}
    </>
  );
}

function Told({ text }: { text: string }) {
  const { t } = useTranslation();
  const name = useIntentName();
  const { data } = useQuery({ ...understandQuery(text), placeholderData: keepPreviousData });
  if (!data) return null;
  const others = data.others.map((one) => name(one)).join(", ");
  const facts = [
    data.corrected ? t("intent.learned_word") : data.nearest && t("intent.why", { text: data.nearest }),
    others !== "" && t("intent.maybe", { names: others }),
  ];
  return (
    <section className={classes.card} aria-live="polite" data-testid="intent-told">
      <strong dir="auto">{data.none ? t("intent.no_intent") : name(data.intent_id)}</strong>{" "}
      {data.intent_id !== null && (
        <span className={classes.tag} data-tone={data.none ? undefined : "ok"}>
          {data.none ? `${name(data.intent_id)} ` : ""}
          {t("intent.sure", { percent: data.confidence })}
        </span>
      )}
      <div className={classes.muted} dir="auto">
        {facts.filter(Boolean).join(" · ")}
      </div>
    </section>
  );
}

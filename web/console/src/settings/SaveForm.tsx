import { Button } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/error";
import { failed } from "../shell/toast";
import classes from "./settings.module.css";

interface Props {
  /** Whether there is enough to be saved. */
  ready: boolean;
  /** The fields that show what the server finds wrong with them; everything else is told beside the page. */
  fields?: string[];
  /** What the button says instead of that it saves. */
  action?: string;
  /** Nothing of it can be changed: it is only looked at. */
  fixed?: boolean;
  onSave: () => Promise<unknown>;
  onDone: () => void;
  /** The fields, given what is wrong with one of them. */
  children: (problem: (field: string) => string | null) => ReactNode;
}

/** A form in a dialogue: it saves and is done, or says what is wrong and stays. */
export function SaveForm({ ready, fields = [], action, fixed = false, onSave, onDone, children }: Props) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<ApiError | null>(null);

  async function save(event: FormEvent) {
    event.preventDefault();
    setProblem(null);
    try {
      await onSave();
      onDone();
    } catch (error) {
      if (error instanceof ApiError && error.concerns(fields)) setProblem(error);
      else failed(error);
    }
  }

  return (
    <form className={classes.form} onSubmit={save}>
      {children((field) => problem?.field(field) ?? null)}
      <div className={classes.buttons}>
        {!fixed && (
          <Button type="submit" disabled={!ready}>
            {action ?? t("action.save")}
          </Button>
        )}
        <Button variant="default" onClick={onDone}>
          {fixed ? t("action.close") : t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}

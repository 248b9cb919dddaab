import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/error";
import { done } from "../../shell/toast";

/** How a model's form saves: behind a fresh proof, and what is wrong with its fields is shown at them. */
export function useSave<Field extends string>(
  fields: readonly Field[],
  guarded: (work: () => Promise<unknown>) => Promise<void>,
  onSaved: () => Promise<void>,
) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  const saving = (work: () => Promise<void>) => (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    void guarded(async () => {
      setBusy(true);
      try {
        await work();
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

  return { busy, saving, wrong: (field: Field) => problem?.field(field) ?? null };
}

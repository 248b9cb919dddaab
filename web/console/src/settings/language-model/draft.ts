import type { LanguageModel, LanguageModelDraft } from "../../api/types";

/** What the form holds; a budget that is being typed may be empty. */
export type Draft = Omit<LanguageModelDraft, "key" | "tokens_a_day" | "tokens_a_contact"> & {
  key: string;
  tokens_a_day: number | "";
  tokens_a_contact: number | "";
};

export function draftOf(model: LanguageModel | null): Draft {
  return {
    address: model?.address ?? "",
    model: model?.model ?? "",
    key: "",
    answers: model?.answers ?? true,
    assists: model?.assists ?? true,
    cross_border: model?.cross_border ?? false,
    tokens_a_day: model?.tokens_a_day ?? 1_000_000,
    tokens_a_contact: model?.tokens_a_contact ?? 50_000,
  };
}

/** What the server is told: no key keeps the one that is there. */
export function valuesOf({ key, tokens_a_day, tokens_a_contact, ...rest }: Draft): LanguageModelDraft {
  return {
    ...rest,
    ...(key === "" ? {} : { key }),
    tokens_a_day: tokens_a_day || 0,
    tokens_a_contact: tokens_a_contact || 0,
  };
}

/** Whether an address is that of the model, as the server compares them. */
export function isAt(address: string, model: Pick<LanguageModel, "address"> | null): boolean {
  return model !== null && address.trim().replace(/\/+$/, "") === model.address;
}

/** What becomes of the key while nothing is typed into its field. */
export function keyFate(
  address: string,
  model: Pick<LanguageModel, "address" | "has_key"> | null,
): "none" | "kept" | "anew" {
  if (!model?.has_key) return "none";
  return isAt(address, model) ? "kept" : "anew";
}

/** How much of a budget is used, in percent of a bar. */
export function share(used: number, budget: number): number {
  return Math.min(100, Math.max(0, (100 * used) / budget));
}

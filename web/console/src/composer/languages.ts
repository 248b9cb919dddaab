import { currentLocale } from "../locales";
import { languageName } from "../locales/languageName";

/** Languages as a list shows them: the customer's first, the others by their names in the reader's language. */
export function inOrder(tags: readonly string[], customers: string | null): { tag: string; name: string }[] {
  const named = tags.map((tag) => ({ tag, name: languageName(tag) }));
  const { compare } = new Intl.Collator(currentLocale());
  const first = (tag: string) => Number(tag === customers);
  return named.sort((a, b) => first(b.tag) - first(a.tag) || compare(a.name, b.name));
}

import { currentLocale } from ".";

/** The name of a language in the reader's own, or its tag where no such name is known. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames([currentLocale()], { type: "language", fallback: "code" }).of(tag) ?? tag;
}

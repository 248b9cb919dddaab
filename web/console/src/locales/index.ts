import i18next from "i18next";
import ICU from "i18next-icu";
import { initReactI18next } from "react-i18next";
import type { Locale } from "../api/types";
import type catalogue from "./en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    keySeparator: false;
    nsSeparator: false;
    resources: { translation: typeof catalogue };
  }
}

/** A key of the catalogue. */
export type Key = keyof typeof catalogue;

/** To add a language: a catalogue beside this file, a line here, and its own name. */
const catalogues: Record<Locale, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import("./en.json"),
  "zh-CN": () => import("./zh-CN.json"),
};

export const locales: { code: Locale; name: string }[] = [
  { code: "en", name: "English" },
  { code: "zh-CN", name: "简体中文" },
];

const rememberedAs = "bellhop.locale";

/** The nearest offered language for what a browser or a profile asks for; English if none fits. */
export function nearest(wanted: readonly string[]): Locale {
  for (const want of wanted) {
    const lower = want.toLowerCase();
    const exact = locales.find((l) => l.code.toLowerCase() === lower);
    if (exact) return exact.code;
    const base = lower.split("-")[0];
    const near = locales.find((l) => l.code.split("-")[0] === base);
    if (near) return near.code;
  }
  return "en";
}

function remembered(): string[] {
  const value = localStorage.getItem(rememberedAs);
  return value === null ? [] : [value];
}

/** Reading direction of a language, as the browser knows it; left to right where it does not say. */
export function direction(locale: string): "ltr" | "rtl" {
  const script = new Intl.Locale(locale).maximize().script;
  return script !== undefined && ["Arab", "Hebr", "Syrc", "Thaa", "Nkoo"].includes(script) ? "rtl" : "ltr";
}

async function load(locale: Locale) {
  if (i18next.hasResourceBundle(locale, "translation")) return;
  const { default: bundle } = await catalogues[locale]();
  i18next.addResourceBundle(locale, "translation", bundle);
}

/** Loads the catalogue of the remembered or the browser's language before anything is drawn. */
export async function startLocales() {
  const locale = nearest([...remembered(), ...navigator.languages]);
  await i18next
    .use(ICU)
    .use(initReactI18next)
    .init({
      lng: locale,
      resources: {},
      partialBundledLanguages: true,
      fallbackLng: false,
      keySeparator: false,
      nsSeparator: false,
      interpolation: { escapeValue: false },
    });
  await setLocale(locale);
}

/** Switches the interface's language and keeps it for the next visit of this browser. */
export async function setLocale(locale: Locale) {
  await load(locale);
  await i18next.changeLanguage(locale);
  localStorage.setItem(rememberedAs, locale);
  document.documentElement.lang = locale;
  document.documentElement.dir = direction(locale);
}

/** The language the interface is in now. */
export function currentLocale(): Locale {
  return nearest([i18next.language ?? "en"]);
}

import i18next from "i18next";
import ICU from "i18next-icu";
import { initReactI18next } from "react-i18next";
import type { Locale } from "../api/types";
import type catalogue from "./en.json";
import type ofSettings from "./settings/en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    keySeparator: false;
    nsSeparator: false;
    resources: { translation: typeof catalogue & typeof ofSettings };
  }
}

/** A key of the catalogue. */
export type Key = keyof typeof catalogue | keyof typeof ofSettings;

type Catalogues = Record<Locale, () => Promise<{ default: Record<string, string> }>>;

/** To add a language: a catalogue beside this file and one in `settings`, a line for each here, and its own name. */
const catalogues: Catalogues = {
  en: () => import("./en.json"),
  "zh-CN": () => import("./zh-CN.json"),
};

/** What the settings alone say, which is most of it; loaded with them. */
const cataloguesOfSettings: Catalogues = {
  en: () => import("./settings/en.json"),
  "zh-CN": () => import("./settings/zh-CN.json"),
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

/** What is loaded of each language. */
const loaded = new Map<Locale, Catalogues[]>();
let wanted = [catalogues];

async function load(locale: Locale) {
  const there = loaded.get(locale) ?? [];
  for (const part of wanted.filter((part) => !there.includes(part))) {
    const { default: bundle } = await part[locale]();
    i18next.addResourceBundle(locale, "translation", bundle, true);
    loaded.set(locale, [...(loaded.get(locale) ?? []), part]);
  }
}

/** Loads what the settings say, in this language and in every one that is chosen from now on. */
export async function loadSettings() {
  wanted = [catalogues, cataloguesOfSettings];
  await load(currentLocale());
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

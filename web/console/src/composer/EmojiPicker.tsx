import { EmojiPicker as Picker } from "frimousse";
import type { AriaAttributes } from "react";
import { useTranslation } from "react-i18next";
import { currentLocale } from "../locales";
import classes from "./picker.module.css";

interface Source {
  emojis: [emoji: string, group: number, label: string, tags: string][];
  groups: [group: number, label: string][];
}

const english = () => import("virtual:emoji/en");

const sources: Record<string, () => Promise<{ default: Source }>> = {
  en: english,
  zh: () => import("virtual:emoji/zh"),
};

async function load(locale: string) {
  const { default: source } = await (sources[locale] ?? english)();
  return {
    locale,
    emojis: source.emojis.map(([emoji, category, label, tags]) => ({
      emoji,
      category,
      label,
      version: 1,
      tags: tags.split(" "),
    })),
    categories: source.groups.map(([index, label]) => ({ index, label })),
    skinTones: { light: "", "medium-light": "", medium: "", "medium-dark": "", dark: "" },
  };
}

/** The picker counts rows and columns from nought; screen readers count from one. */
function counted(props: AriaAttributes, name: "aria-rowindex" | "aria-colindex"): AriaAttributes {
  return { [name]: (props[name] ?? 0) + 1 };
}

/** All emoji, to be searched by name in the interface's language and walked with the arrow keys. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation();
  return (
    <Picker.Root
      className={classes.root}
      locale={currentLocale() === "zh-CN" ? "zh" : "en"}
      resolveEmojiData={load}
      columns={8}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <Picker.Search
        className={classes.search}
        placeholder={t("emoji.search")}
        aria-label={t("emoji.search")}
        autoFocus
      />
      <Picker.Viewport className={classes.viewport} tabIndex={0} aria-label={t("emoji.list")} role="region">
        <Picker.Loading className={classes.note}>{t("shell.loading")}</Picker.Loading>
        <Picker.Empty className={classes.note}>{t("emoji.none")}</Picker.Empty>
        <Picker.List
          className={classes.list}
          components={{
            CategoryHeader: ({ category, ...props }) => (
              <div {...props} className={classes.category}>
                {category.label}
              </div>
            ),
            Row: ({ children, ...props }) => (
              <div {...props} {...counted(props, "aria-rowindex")} className={classes.row}>
                {children}
              </div>
            ),
            Emoji: ({ emoji, ...props }) => (
              <button
                {...props}
                {...counted(props, "aria-colindex")}
                type="button"
                className={classes.emoji}
                data-active={emoji.isActive}
              >
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </Picker.Viewport>
    </Picker.Root>
  );
}

import { SegmentedControl, useDirection } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Locale } from "../api/types";
import { currentLocale, direction, locales, setLocale } from "../locales";
import classes from "./door.module.css";

/** The frame of the pages before sign-in. */
export function Door({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  const { t } = useTranslation();
  const { setDirection } = useDirection();
  return (
    <div className={classes.door}>
      <header className={classes.head}>
        <span className={classes.brand}>
          <img src="/icon.svg" alt="" width={30} height={30} />
          Bellhop
        </span>
        <SegmentedControl
          size="xs"
          aria-label={t("field.language")}
          value={currentLocale()}
          data={locales.map((l) => ({ value: l.code, label: l.name }))}
          onChange={(value) => {
            setDirection(direction(value));
            void setLocale(value as Locale);
          }}
        />
      </header>
      <main className={classes.card} data-wide={wide}>
        {children}
      </main>
    </div>
  );
}

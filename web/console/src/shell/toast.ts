import type { NotificationData } from "@mantine/notifications";
import i18next from "i18next";
import { ApiError } from "../api/error";
import { Watched } from "../feed/connection";
import type { Key } from "../locales";

/** What is still to be shown, and whether anything ever was. */
export const waitingToasts = new Watched<{ used: boolean; queue: NotificationData[] }>({
  used: false,
  queue: [],
});

function show(notice: NotificationData) {
  const named = { closeButtonProps: { "aria-label": i18next.t("action.close") }, ...notice };
  waitingToasts.set({ used: true, queue: [...waitingToasts.get().queue, named] });
}

/** A refusal in plain words: the kind of error in the interface's language, then what the server said. */
export function explain(error: unknown): { title: string; detail: string } {
  if (!(error instanceof ApiError)) {
    return error instanceof Error && error.message !== ""
      ? { title: error.message, detail: "" }
      : { title: i18next.t("error.internal"), detail: "" };
  }
  const key = `error.${error.code}` as Key;
  const title = i18next.exists(key) ? i18next.t(key as "error.internal") : i18next.t("error.internal");
  return { title, detail: error.fields[0]?.message ?? error.message };
}

export function failed(error: unknown) {
  const { title, detail } = explain(error);
  show({ color: "red", title, message: detail, autoClose: 8_000, withBorder: true });
}

export function done(message: string) {
  show({ message, autoClose: 2_500, withBorder: true });
}

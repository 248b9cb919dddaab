import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { message } from "../feed/samples";
import { api } from "./client";
import { translationQuery } from "./queries";

test("a translation that is shown is not paid for again when the stream begins anew", async () => {
  const asked = vi.spyOn(api.messages, "translate").mockResolvedValue({ text: "Hello" });
  const client = new QueryClient();
  const shown = new QueryObserver(client, translationQuery(message("1", 0), "en"));
  const leave = shown.subscribe(() => {});
  await vi.waitFor(() => expect(shown.getCurrentResult().data).toEqual({ text: "Hello" }));
  await client.invalidateQueries();
  expect(asked).toHaveBeenCalledTimes(1);
  leave();
});

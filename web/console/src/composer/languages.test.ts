import { expect, test } from "vitest";
import { inOrder } from "./languages";

test("languages stand by their names, and the customer's before them", () => {
  const tags = ["en", "es", "de", "zh-Hans", "ar"];
  const order = (customers: string | null) => inOrder(tags, customers).map(({ tag }) => tag);
  expect(order(null)).toEqual(["ar", "en", "de", "zh-Hans", "es"]);
  expect(order("es")).toEqual(["es", "ar", "en", "de", "zh-Hans"]);
  expect(order("xx"), "a language that is not offered changes nothing").toEqual(order(null));
  expect(inOrder(["de"], null)).toEqual([{ tag: "de", name: "German" }]);
});

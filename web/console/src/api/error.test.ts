import { expect, test } from "vitest";
import { readError, retryDelay } from "./error";

test("the one error shape is read", () => {
  const error = readError(422, {
    error: {
      code: "validation",
      message: "check",
      fields: [{ path: "body.email", code: "taken", message: "is taken" }],
    },
  });
  expect(error.code).toBe("validation");
  expect(error.field("email")).toBe("is taken");
  expect(error.field("name")).toBeNull();
  expect(error.passing).toBe(false);
});

test("what is wrong with one of many values is told at the input that has them all", () => {
  const fields = [
    { path: "texts[12]", code: "too_long", message: "is too long" },
    { path: "body.rows[0].name", code: "empty", message: "is empty" },
  ];
  const error = readError(422, { error: { code: "validation", message: "check", fields } });
  expect(error.field("texts")).toBe("is too long");
  expect(error.field("name")).toBe("is empty");
  expect(error.field("rows")).toBeNull();
  expect([error.concerns(["answer", "texts"]), error.concerns(["answer"])]).toEqual([true, false]);
});

test("a page of a proxy is no mystery", () => {
  expect(readError(502, undefined).code).toBe("unavailable");
  expect(readError(502, undefined).passing).toBe(true);
  expect(readError(400, "<html>").code).toBe("internal");
});

test("a busy server is asked again when it says, and later each time", () => {
  const busy = readError(503, { error: { code: "unavailable", message: "busy" } }, "7");
  expect(busy.passing).toBe(true);
  expect(busy.retryAfter).toBe(7000);
  expect(retryDelay(0, busy)).toBeGreaterThanOrEqual(7000);
  expect(retryDelay(0, busy)).toBeLessThanOrEqual(10_500);
  expect(retryDelay(4, busy)).toBeGreaterThanOrEqual(16_000);
  expect(retryDelay(60, new Error("other"))).toBeLessThanOrEqual(45_000);
  expect(readError(503, undefined, "Sun, 06 Nov 1994 08:49:37 GMT").retryAfter).toBe(0);
});

import { expect, test } from "vitest";
import { readError } from "./error";

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

test("a page of a proxy is no mystery", () => {
  expect(readError(502, undefined).code).toBe("unavailable");
  expect(readError(502, undefined).passing).toBe(true);
  expect(readError(400, "<html>").code).toBe("internal");
});

import { expect, test } from "vitest";
import { readError } from "../api/error";
import { isWrong } from "./enter";

test("only what was shown can be wrong: who has to come another way is told so", () => {
  const refused = (code: string) => readError(401, { error: { code, message: "" } });
  expect(isWrong(refused("bad_credentials"))).toBe(true);
  expect(isWrong(refused("provider_needed"))).toBe(false);
  expect(isWrong(refused("unauthorized"))).toBe(false);
  expect(isWrong(new Error("bad_credentials"))).toBe(false);
});

import { expect, test } from "vitest";
import { lines } from "./lines";

test("empty lines say nothing", () => {
  expect(lines(" a \n\n b\n")).toEqual(["a", "b"]);
  expect(lines("")).toEqual([]);
});

test("each line counts once", () => {
  expect(lines(" where is it \n\nwhere is it\r\n还没到\n")).toEqual(["where is it", "还没到"]);
});

import { expect, test } from "vitest";
import { saved } from "./saved";

test("a file of the server is asked for to be saved, and one of this machine as it is", () => {
  expect(saved("/api/media/md_1")).toBe("/api/media/md_1?save=true");
  expect(saved("blob:https://desk/1")).toBe("blob:https://desk/1");
  expect(saved(null)).toBe("");
});

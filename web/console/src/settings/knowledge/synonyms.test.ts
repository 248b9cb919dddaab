import { expect, test } from "vitest";
import { asText, groupsOf, ofText, problems, withGroups } from "./synonyms";

test("a text is read into groups and written as it was", () => {
  const text = "\uFEFF# of the shop\r\nparcel, package,box\n\n退款，退钱、退费\nطرد، شحنة\ncar = automobile";
  const { groups, lines } = ofText(text);
  expect(groups).toEqual([
    ["parcel", "package", "box"],
    ["退款", "退钱", "退费"],
    ["طرد", "شحنة"],
    ["car", "automobile"],
  ]);
  expect(lines).toEqual([2, 4, 5, 6]);
  expect(ofText(asText(groups)).groups).toEqual(groups);
});

test("what is wrong is told by its line", () => {
  const { lines } = ofText("a, b\n\nalone");
  expect(problems([{ path: "groups[1]", message: "two" }], lines)).toEqual([{ line: 3, message: "two" }]);
  expect(problems([{ path: "groups", message: "many" }], lines)).toEqual([{ line: null, message: "many" }]);
});

test("groups of one language stand beside those of others", () => {
  const all = { groups: [["a", "b"]], languages: { de: [["Gift", "Schadstoff"]] } };
  expect(groupsOf(all, "")).toEqual([["a", "b"]]);
  expect(groupsOf(all, "fr")).toEqual([]);
  expect(withGroups(all, "fr", [["x", "y"]]).languages).toEqual({ ...all.languages, fr: [["x", "y"]] });
  expect(withGroups(all, "de", [])).toEqual({ groups: all.groups, languages: {} });
  expect(withGroups({ groups: [] }, "", [["x", "y"]])).toEqual({ groups: [["x", "y"]], languages: {} });
  expect(problems([{ path: "languages.de[0]", message: "two" }], [4], "de")).toEqual([
    { line: 4, message: "two" },
  ]);
});

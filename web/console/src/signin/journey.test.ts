import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isOwnPath, journey, readCallback } from "./journey";

const kept = new Map<string, string>();
beforeEach(() => {
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});
afterEach(() => {
  kept.clear();
  vi.unstubAllGlobals();
});

test("a callback is read as it was written, and nothing else of it", () => {
  expect(readCallback("?code=1e5&state=00123&iss=https%3A%2F%2Fid.example.com&scope=x&code=2")).toEqual({
    code: "1e5",
    state: "00123",
    iss: "https://id.example.com",
  });
  expect(readCallback("?error=access_denied")).toEqual({ error: "access_denied" });
  expect(readCallback("")).toEqual({});
});

test("only an address of this host is a page of ours", () => {
  expect(isOwnPath("/inbox/mine?state=all")).toBe(true);
  for (const other of ["//evil.example", "/\\evil.example", "https://evil.example", "inbox", "", null, 7]) {
    expect(isOwnPath(other), String(other)).toBe(false);
  }
});

test("a journey leads back to a page of ours only", () => {
  const read = (value: string) => {
    kept.set("bellhop.provider", value);
    return journey();
  };
  expect(read('{"why":"link","back":"/settings/profile"}')).toEqual({
    why: "link",
    back: "/settings/profile",
  });
  for (const back of [
    "//evil.example",
    "/\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "",
  ]) {
    expect(read(JSON.stringify({ why: "sign_in", back })).back, back).toBe("/inbox/mine");
  }
  expect(read("not JSON")).toEqual({ why: "sign_in", back: "/inbox/mine" });
  expect(read('{"why":"other"}').why).toBe("sign_in");
});

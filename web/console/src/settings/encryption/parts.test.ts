import { expect, test } from "vitest";
import english from "../../locales/settings/en.json";
import { parts } from "./parts";

const line = (protocol: string, hostname: string) =>
  parts({ protocol, hostname }).find((part) => part.name === "browser")?.guard;

test("the browser's line is what the browser sees", () => {
  expect(line("https:", "desk.example.com")).toBe("encrypted");
  expect(line("http:", "127.0.0.1")).toBe("local");
  expect(line("http:", "localhost")).toBe("local");
  expect(line("http:", "[::1]")).toBe("local");
  expect(line("http:", "192.168.1.9")).toBe("plain");
  expect(line("http:", "127.0.0.1.example.com")).toBe("plain");
});

test("every part has its words", () => {
  for (const protocol of ["https:", "http:"]) {
    for (const hostname of ["localhost", "desk"]) {
      for (const { name, guard } of parts({ protocol, hostname })) {
        for (const key of [`encryption.${name}`, `encryption.is_${guard}`, `encryption.${name}_${guard}`]) {
          expect(english).toHaveProperty([key]);
        }
      }
    }
  }
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["journeys/*.test.ts"],
    reporters: ["./report.ts"],
    pool: "forks",
    // Each journey has a server, a provider and a browser of its own.
    maxWorkers: 2,
    isolate: false,
    // A journey has its own, shorter limit, after which it still keeps what helps to understand.
    testTimeout: 150_000,
  },
});

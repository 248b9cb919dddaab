import type { Reporter, TestCase, TestModule } from "vitest/node";

type Outcome = "passed" | "failed" | "skipped";

const signs: Record<Outcome, string> = { passed: "✓", failed: "✗", skipped: "–" };

/** One line for each journey as it ends, the reasons of those that failed, and the counts as the last line. */
export default class Report implements Reporter {
  #counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 };
  #reasons: string[] = [];

  onTestCaseResult(test: TestCase) {
    const result = test.result();
    const state = result.state === "pending" ? "skipped" : result.state;
    this.#counts[state] += 1;
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
    const note =
      result.state === "skipped" ? `: SKIPPED, ${result.note ?? "no reason given"}` : ` (${seconds} s)`;
    say(`${signs[state]} ${test.fullName}${note}`);
    for (const error of result.errors ?? []) this.#explain(test.fullName, error);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { message: string; stack?: string }[]) {
    for (const module of modules) {
      for (const error of module.errors()) this.#fail(module.moduleId, error);
    }
    for (const error of unhandled) this.#fail("outside of any journey", error);
    for (const reason of this.#reasons) say(`\n${reason}`);
    const { passed, failed, skipped } = this.#counts;
    say(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  }

  #fail(where: string, error: { message: string; stack?: string }) {
    this.#counts.failed += 1;
    this.#explain(where, error);
  }

  #explain(where: string, error: { message: string; stack?: string }) {
    const own = (error.stack ?? "")
      .split("\n")
      .filter((line) => /tests\/(journeys|pages|harness)\//.test(line));
    this.#reasons.push([`✗ ${where}`, error.message, ...own.slice(0, 6)].join("\n"));
  }
}

function say(text: string) {
  process.stdout.write(`${text}\n`);
}

export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** Every refusal of the server, and the network's own failure as code `offline`. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly fields: FieldError[];
  /** After how many milliseconds the server asks to be tried again; 0 when it does not say. */
  readonly retryAfter: number;

  constructor(code: string, message: string, status: number, fields: FieldError[] = [], retryAfter = 0) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }

  /** The message for one input, by the last part of its path (`body.email` → `email`, `texts[2]` → `texts`). */
  field(name: string): string | null {
    const wrong = this.fields.find(({ path }) => {
      const whole = path.replace(/\[\d+\]$/, "");
      return whole === name || whole.endsWith(`.${name}`);
    });
    return wrong?.message ?? null;
  }

  /** Whether one of these inputs has something to say about it. */
  concerns(names: readonly string[]): boolean {
    return names.some((name) => this.field(name) !== null);
  }

  /** Whether the same request may succeed later without being changed. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** How long to wait before the next try: what the server asks for, at least a growing pause, and never all at once. */
export function retryDelay(count: number, error: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfter : 0;
  const pause = Math.min(1000 * 2 ** count, 30_000);
  return Math.max(asked, pause) * (1 + Math.random() / 2);
}

/** Reads the one error shape; a body of another shape (a proxy's page) becomes `unavailable` or `internal`. */
export function readError(status: number, body: unknown, after: string | null = null): ApiError {
  const retryAfter = Math.max(0, Number(after) || 0) * 1000;
  if (typeof body === "object" && body !== null && "error" in body) {
    const error = (body as { error: unknown }).error;
    if (typeof error === "object" && error !== null) {
      const { code, message, fields } = error as { code?: unknown; message?: unknown; fields?: unknown };
      return new ApiError(
        typeof code === "string" ? code : "internal",
        typeof message === "string" ? message : "",
        status,
        Array.isArray(fields) ? (fields as FieldError[]) : [],
        retryAfter,
      );
    }
  }
  return new ApiError(
    status === 502 || status === 503 || status === 504 ? "unavailable" : "internal",
    "",
    status,
    [],
    retryAfter,
  );
}

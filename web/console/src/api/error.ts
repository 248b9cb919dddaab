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

  constructor(code: string, message: string, status: number, fields: FieldError[] = []) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.fields = fields;
  }

  /** The message for one input, by the last part of its path (`body.email` → `email`). */
  field(name: string): string | null {
    return this.fields.find((f) => f.path === name || f.path.endsWith(`.${name}`))?.message ?? null;
  }

  /** Whether the same request may succeed later without being changed. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Reads the one error shape; a body of another shape (a proxy's page) becomes `unavailable` or `internal`. */
export function readError(status: number, body: unknown): ApiError {
  if (typeof body === "object" && body !== null && "error" in body) {
    const error = (body as { error: unknown }).error;
    if (typeof error === "object" && error !== null) {
      const { code, message, fields } = error as { code?: unknown; message?: unknown; fields?: unknown };
      return new ApiError(
        typeof code === "string" ? code : "internal",
        typeof message === "string" ? message : "",
        status,
        Array.isArray(fields) ? (fields as FieldError[]) : [],
      );
    }
  }
  return new ApiError(
    status === 502 || status === 503 || status === 504 ? "unavailable" : "internal",
    "",
    status,
  );
}

/** What the server passes on for `navigator.credentials`. */
interface Request {
  options: { publicKey?: unknown };
}

/** Whether this browser can make and show passkeys here: only on a secure page. */
export function passkeysWork(): boolean {
  return (
    window.isSecureContext &&
    typeof PublicKeyCredential !== "undefined" &&
    "parseRequestOptionsFromJSON" in PublicKeyCredential
  );
}

/** Asks a device for a new passkey; `null` when the person thought better of it. */
export async function makePasskey({ options }: Request): Promise<Record<string, never> | null> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options.publicKey as PublicKeyCredentialCreationOptionsJSON,
  );
  return answer(navigator.credentials.create({ publicKey }));
}

/** Asks a device to sign with one of its passkeys; `null` when the person thought better of it. */
export async function showPasskey({ options }: Request): Promise<Record<string, never> | null> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options.publicKey as PublicKeyCredentialRequestOptionsJSON,
  );
  return answer(navigator.credentials.get({ publicKey }));
}

async function answer(asked: Promise<Credential | null>): Promise<Record<string, never> | null> {
  try {
    const credential = await asked;
    if (!(credential instanceof PublicKeyCredential)) return null;
    return credential.toJSON() as unknown as Record<string, never>;
  } catch (error) {
    // The browser tells a refusal and a timeout apart from nothing else, on purpose.
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError"))
      return null;
    throw error;
  }
}

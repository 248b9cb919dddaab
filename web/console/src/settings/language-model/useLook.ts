import { useState } from "react";
import { failed } from "../../shell/toast";

/** Looks whether a model works, as often as somebody asks; what came of it last. */
export function useLook<Tested>(ask: () => Promise<Tested>, changed: () => Promise<unknown>) {
  const [tested, setTested] = useState<Tested | null>(null);
  const [testing, setTesting] = useState(false);

  async function look() {
    setTesting(true);
    setTested(null);
    try {
      setTested(await ask());
      await changed();
    } catch (error) {
      failed(error);
    } finally {
      setTesting(false);
    }
  }

  return { tested, testing, look, forget: () => setTested(null) };
}

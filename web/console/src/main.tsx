import "./styles";
import { DirectionProvider, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { startLocales } from "./locales";
import { router } from "./router";
import { Toaster } from "./shell/Toaster";
import { theme } from "./theme";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
// The scroll lock of dialogs writes its own style element.
setNonce(nonce);

// A chunk is gone when the server was updated while this tab was open: the new page has the new ones.
window.addEventListener("vite:preloadError", () => {
  const reloadedAt = Number(sessionStorage.getItem("bellhop.reloaded") ?? 0);
  if (Date.now() - reloadedAt < 30_000) return;
  sessionStorage.setItem("bellhop.reloaded", String(Date.now()));
  location.reload();
});

async function start() {
  await startLocales();
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no element #root");
  createRoot(root).render(
    <StrictMode>
      <DirectionProvider initialDirection={document.documentElement.dir === "rtl" ? "rtl" : "ltr"}>
        <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
          <QueryClientProvider client={queryClient}>
            <Toaster />
            <RouterProvider router={router} />
          </QueryClientProvider>
        </MantineProvider>
      </DirectionProvider>
    </StrictMode>,
  );
  if (import.meta.env.PROD && "serviceWorker" in navigator) {
    const { registerSW } = await import("virtual:pwa-register");
    registerSW({ immediate: true });
  }
}

void start();

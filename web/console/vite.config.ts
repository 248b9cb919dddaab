import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { emojiData } from "./emoji.ts";

// Where `npm run dev` finds a running server.
const server = process.env.BELLHOP_ADDRESS ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [
    react(),
    emojiData(),
    VitePWA({
      registerType: "autoUpdate",
      // Registered from code: the content security policy forbids inline scripts.
      injectRegister: null,
      includeAssets: ["icon.svg", "icon-192.png"],
      manifest: {
        id: "/",
        name: "Bellhop",
        short_name: "Bellhop",
        description: "Customer conversations",
        start_url: "/inbox/mine",
        scope: "/",
        display: "standalone",
        background_color: "#f7f8f8",
        theme_color: "#0b6e52",
        icons: [
          { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png" },
          { src: "/icon-maskable.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
          { src: "/icon.svg", sizes: "any", type: "image/svg+xml" },
        ],
      },
      workbox: {
        // Only the built files are kept. Pages come from the network first, because each carries
        // its own nonce; what customers wrote never enters the browser's cache storage.
        globPatterns: ["assets/*.{js,css}", "*.svg"],
        navigateFallback: null,
        runtimeCaching: [
          {
            urlPattern: ({ request, url }) =>
              request.mode === "navigate" &&
              !url.pathname.startsWith("/api/") &&
              !url.pathname.startsWith("/hooks/") &&
              // The address of somebody who comes back from a provider holds a code.
              !url.pathname.startsWith("/sign-in/"),
            handler: "NetworkFirst",
            options: { cacheName: "pages", networkTimeoutSeconds: 4, expiration: { maxEntries: 1 } },
          },
        ],
      },
    }),
  ],
  build: {
    manifest: true,
    target: "es2022",
    // A data: address in a style sheet would need a wider policy.
    assetsInlineLimit: 0,
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: { "/api": { target: server, ws: true }, "/hooks": server },
  },
  test: {
    // The few tests that need a document say so in their first line.
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});

import { defineConfig } from "vite";

// GATEWAY_URL lets `npm run dev` use the data of a gateway that runs elsewhere.
const gateway = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env["GATEWAY_URL"]
  ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative addresses: the same files work at / and behind a reverse proxy's sub-path.
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    // Government office PCs run browsers built on Chromium 87 and later.
    target: ["chrome87", "firefox78", "safari14"],
    cssTarget: ["chrome87", "firefox78", "safari14"],
    // Everything stays a file of its own, so that a strict Content-Security-Policy without data: holds.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The address as a number: the smallest Debian has no /etc/hosts, where "localhost" is nobody.
  server: { host: "127.0.0.1", proxy: { "/api": { target: gateway, ws: true } } },
});

import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../../src/antiphon/pages/demo",
    emptyOutDir: true,
    target: "es2022",
    // The page's Content-Security-Policy allows files of its own origin only: nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

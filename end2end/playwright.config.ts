/**
 * How the end-to-end tests run: one browser, one test at a time, no second chance. The tests start their own servers.
 *
 * MARU_BIN and MARU_SITE: the server and its site (`cargo xtask test` sets both). CHROMIUM: the browser. MARU_FULL=1: the long forms.
 * MARU_SEED: play a random test again. MARU_TRACES: the folder of the recorded editing sessions.
 */
import { defineConfig } from "@playwright/test"

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/runs",
  workers: 1,
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Machines that test are slow and shared; a rule that is broken is not mended by more time.
  timeout: 120_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  use: {
    browserName: "chromium",
    actionTimeout: 60_000,
    navigationTimeout: 60_000,
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--no-first-run", "--disable-quic",
      ],
    },
  },
})

/** How the end-to-end tests run: one browser, one test at a time, no second chance. Each test file starts its own servers. */
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

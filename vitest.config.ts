/** One test run for unit, property and documentation tests; `allora` resolves to src/, so nothing is built first. */
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const conditions = ['allora-source']

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--expose-gc', '--conditions=allora-source'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'text', 'html'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
})

export default config

/** One test run for unit, property, type and documentation tests; `allora` resolves to src/, so nothing is built first. */
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['allora-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--expose-gc'],
    // Files share the modules of their worker: to load them anew for each file took as long as the tests.
    isolate: false,
    maxWorkers: '100%',
    silent: 'passed-only',
    // Only what hangs fails by it: the compiler and the long properties take many seconds on a busy machine.
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The command line is tested as processes of its own, into which this does not see.
      exclude: ['src/cli/**'],
      reporter: ['text', 'html'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
})

export default config

/** What takes programs that npm does not install, curl and script, apart from the other tests: `npm run check:outside`. */
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['allora-source'] } },
  test: { include: ['test/outside/*.check.ts'], silent: 'passed-only', testTimeout: 60_000 },
})

export default config

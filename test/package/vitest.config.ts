/** The tests of what npm would publish, apart from the others because they pack, install and run it: part of `npm run check:package`. */
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: { include: ['test/package/*.check.ts'], silent: 'passed-only', testTimeout: 60_000 },
})

export default config

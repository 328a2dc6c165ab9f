/** Examples driven by curl, apart from the other tests because curl has to be installed: `npm run check:curl`. */
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['allora-source'] } },
  test: { include: ['test/curl/*.check.ts'], silent: 'passed-only', testTimeout: 60_000 },
})

export default config

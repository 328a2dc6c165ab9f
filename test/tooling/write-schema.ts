/** `npm run schema`: writes the JSON Schemas that the package brings along. A test says when they are no longer fresh. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alloraSchema } from 'allora/yaml'

const folder = join(import.meta.dirname, '../../schema')

mkdirSync(folder, { recursive: true })
for (const version of [1, 2] as const) {
  writeFileSync(join(folder, `allora-${version}.json`), `${JSON.stringify(alloraSchema(version), null, 2)}\n`)
}

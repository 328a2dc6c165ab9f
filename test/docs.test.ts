/** Every example of the documentation compiles, runs, and says what is true: see test/tooling/doc-blocks.ts for the notation. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { docBlocks, objections, writeModule } from './tooling/doc-blocks.ts'

// What examples leave behind goes with this folder.
const folder = mkdtempSync(join(tmpdir(), 'allora-docs-'))
beforeAll(() => {
  vi.stubEnv('TMPDIR', folder)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const blocks = docBlocks()
const wrong = objections(blocks)

blocks.forEach((block, i) => {
  test(`${block.file}:${block.line} (${block.mode})`, async () => {
    expect(wrong[i]).toEqual([])
    if (block.mode === 'run') await import(writeModule(block))
  })
})

test('the README has examples', () => {
  expect(blocks.filter(({ file }) => file === 'README.md')).not.toHaveLength(0)
})

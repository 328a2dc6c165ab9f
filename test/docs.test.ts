/** Every example of the documentation compiles, runs, and says what is true: see test/tooling/doc-blocks.ts for the notation. */
import { expect, test } from 'vitest'
import { docBlocks, objections, writeModule } from './tooling/doc-blocks.ts'

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

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FlowGraph, toMermaid } from 'allora'
import { expect, test } from 'vitest'
import { blocksIn, writeModule } from '../tooling/doc-blocks.ts'
import { root } from '../tooling/virtual-program.ts'

interface Example {
  readonly orders: { readonly graph: FlowGraph }
}

test('the diagram in the README is that of the flow above it', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [before, diagram] = /^(.*?)\n```mermaid\n(.*?)```/s.exec(readme)!.slice(1)
  const block = blocksIn('README-diagram', before!).at(-1)!
  const { orders } = (await import(writeModule({ ...block, source: `${block.source}\nexport { orders }` }))) as Example
  expect(diagram).toBe(toMermaid(orders.graph))
})

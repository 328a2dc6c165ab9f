/** What the README and the pages in docs/ show besides code is true as well. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FlowGraph, toMermaid } from 'allora'
import { expect, test } from 'vitest'
import { blocksIn, writeModule } from '../tooling/doc-blocks.ts'
import { root } from '../tooling/virtual-program.ts'

const text = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Example {
  readonly orders: { readonly graph: FlowGraph }
}

test('the diagram in the README is that of the flow above it', async () => {
  const [before, diagram] = /^(.*?)\n```mermaid\n(.*?)```/s.exec(text('README.md'))!.slice(1)
  const block = blocksIn('README-diagram', before!).at(-1)!
  const { orders } = (await import(writeModule({ ...block, source: `${block.source}\nexport { orders }` }))) as Example
  expect(diagram).toBe(toMermaid(orders.graph))
})

test('every source file and folder that is named exists', () => {
  const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })]
  // `sell/later` is the channel of a delay in the table of faults.
  const named = pages.flatMap((page) =>
    [...text(page).matchAll(/`((?!allora|sell)[a-z]+\/[a-z/-]*(?:\.ts)?)`/g)].map(([, path]) => path!),
  )
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((path) => ![path, join('src', path)].some((place) => existsSync(join(root, place))))).toEqual([])
})

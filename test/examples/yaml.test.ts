/** The examples in YAML run, and say the same as code would. */
import { join } from 'node:path'
import { contract, direct, flow, queue } from 'allora'
import { parseAllora } from 'allora/yaml'
import { expect, test } from 'vitest'
import { root } from '../tooling/virtual-program.ts'
import { run } from './run-example.ts'

test('hello-yaml greets', async () => {
  expect(await run('hello-yaml.ts')).toBe('Hello, World!\n')
})

test('hello-yaml in code is the same graph', () => {
  const hello = flow('svc.hello')
    .from(direct('input_channel'))
    .handle(contract<string, string>()('hello_world'))
    .to(queue('output_channel'))
    .build()
  const file = parseAllora({ file: join(root, 'examples/hello-yaml/allora.yml') })
  expect(file).toMatchObject({ _tag: 'Right', right: { graph: { flows: [hello.graph] }, warnings: [] } })
})

test('shop filters, retries, routes, and keeps what failed', async () => {
  expect((await run('shop.ts')).trimEnd().split('\n')).toEqual([
    'parcels: parcel A1',
    'mails: mail with a link to B2',
    'rejected: {"id":"D4","kind":"goods","total":0}',
    'dead at reserve: Error: Sold out',
  ])
})

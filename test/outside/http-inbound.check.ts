/** The example of version 1, asked by curl. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { running } from '../examples/run-example.ts'
import { freePort } from '../http/raw-server.ts'
import { curl } from './curl.ts'

test('curl gets a receipt, a refusal, and the methods that there are', async () => {
  const port = await freePort()
  await running('http-inbound', port)
  const url = `http://127.0.0.1:${port}/parcels`
  const [status, body] = await curl('--data', '{ "to": "Oslo", "kilos": 3 }', url)
  expect([status, JSON.parse(body)]).toEqual([201, { to: 'Oslo', postage: 10 }])
  expect(await curl('--data', '{ "to": "Oslo", "kilos": 31 }', url)).toEqual([422, '31 kg are too heavy.'])
  expect(await curl('--data', 'Oslo', url)).toEqual([422, 'A parcel is JSON: { "to": "Oslo", "kilos": 3 }'])
  expect(await curl('--request', 'PUT', '--include', url)).toEqual([
    405,
    expect.stringContaining('allow: OPTIONS, POST'),
  ])
  expect(await curl(`http://127.0.0.1:${port}/elsewhere`)).toEqual([404, expect.any(String)])
})

test('a hundred calls of curl at the same time, and each gets its own receipt', async () => {
  const port = await freePort()
  await running('http-inbound', port)
  const url = `http://127.0.0.1:${port}/parcels`
  const folder = mkdtempSync(join(tmpdir(), 'allora-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const towns = Array.from({ length: 100 }, (_, i) => `town ${i}`)
  const calls = towns.map((to) => ['--data', JSON.stringify({ to, kilos: 1 }), '--output', join(folder, to), url])
  const args = calls.flatMap((call, i) => (i === 0 ? call : ['--next', ...call]))
  await curl('--parallel', '--parallel-max', '50', ...args)
  const receipts = towns.map((to) => JSON.parse(readFileSync(join(folder, to), 'utf8')) as unknown)
  expect(receipts).toEqual(towns.map((to) => ({ to, postage: 6 })))
})

/** The example, driven by a client of another making: curl. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { curl } from './curl.ts'

const main = join(import.meta.dirname, '../../examples/webhook/main.ts')

test('curl announces parcels, asks for prices and is told what is wrong', { timeout: 60_000 }, async () => {
  const service = spawn(process.execPath, ['--conditions=allora-source', main], { env: { ...process.env, PORT: '0' } })
  onTestFinished(() => void service.kill('SIGKILL'))
  const lines = createInterface(service.stdout)[Symbol.asyncIterator]()
  const url = String((await lines.next()).value).replace('Listening at ', '')
  const json = ['-H', 'content-type: application/json'] as const

  expect(await curl(`${url}/parcels`, ...json, '-d', '{"id":"p-1","kilos":2}')).toEqual([202, ''])
  expect(await curl(`${url}/parcels`, ...json, '-d', '{"id":"","kilos":2}')).toEqual([
    422,
    expect.stringMatching(/"path":\["id"\]/),
  ])
  expect(await curl(`${url}/parcels`, ...json, '-d', '{')).toEqual([400, expect.stringMatching(/no JSON/)])
  expect(await curl(`${url}/parcels`, '-d', 'id=p-1')).toEqual([415, expect.stringMatching(/application\/json/)])
  expect((await curl(`${url}/parcels`))[0]).toBe(405)
  expect((await curl(`${url}/letters`))[0]).toBe(404)
  expect(await curl(`${url}/prices/3`)).toEqual([200, '{"kilos":3,"price":6}'])
  expect(await curl(`${url}/prices/31`)).toEqual([409, '{"error":"too heavy"}'])
  expect(await curl('-I', `${url}/prices/3`)).toEqual([200, expect.stringMatching(/cache-control: max-age=60/i)])
  const several = await curl(`${url}/prices/[1-5]`, '-Z', '-w', '')
  expect(
    [...several[1].matchAll(/"price":(\d+)/g)]
      .map(([, price]) => Number(price))
      .toSorted((a, b) => Number(a) - Number(b)),
  ).toEqual([2, 4, 6, 8, 10])

  service.kill('SIGINT')
  expect((await lines.next()).value).toBe('1 parcels announced')
  expect(await once(service, 'exit')).toEqual([0, null])
})

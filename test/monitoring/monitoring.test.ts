/** Monitoring: the text that Prometheus reads, by a parser of its own, and what health says. */
import { app, direct, flow, type MetricsSnapshot, queue, runtime, type Source } from 'allora'
import { monitoring, prometheusText } from 'allora/monitoring'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { started } from '../runtime/rig.ts'

const numRuns = process.env['CI'] ? 1000 : 200

/** A metric as it was read. */
interface Family {
  readonly type: string
  readonly help: string
  readonly samples: { readonly name: string; readonly labels: Record<string, string>; readonly value: number }[]
}

/** Reads the text format 0.0.4, strictly, and knows nothing of who wrote it. */
function parsed(text: string): Record<string, Family> {
  expect(text === '' || text.endsWith('\n')).toBe(true)
  const families: Record<string, Family> = {}
  let help = ''
  let current: Family | undefined
  for (const line of text.split('\n').slice(0, -1)) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line)
    if (comment?.[1] === 'HELP') {
      help = comment[3]!
    } else if (comment !== null) {
      if (comment[2]! in families) throw new Error(`${comment[2]} is there twice`)
      families[comment[2]!] = current = { type: comment[3]!, help, samples: [] }
    } else {
      current!.samples.push(sampleOf(line))
    }
  }
  return families
}

function sampleOf(line: string): Family['samples'][number] {
  const name = /^[a-z_]+/.exec(line)![0]
  let at = name.length
  const labels: Record<string, string> = {}
  if (line[at] === '{') {
    do {
      at++
      const end = line.indexOf('="', at)
      const label = line.slice(at, end)
      let value = ''
      for (at = end + 2; line[at] !== '"'; at++) {
        if (line[at] === '\\') value += ({ n: '\n', '\\': '\\', '"': '"' } as Record<string, string>)[line[++at]!]!
        else value += line[at]!
      }
      labels[label] = value
      at++
    } while (line[at] === ',')
    expect(line[at++]).toBe('}')
  }
  expect(line[at]).toBe(' ')
  return { name, labels, value: Number(line.slice(at + 1)) }
}

const get = (path: string, method = 'GET'): Request => new Request(`http://localhost${path}`, { method })

describe('metrics', () => {
  test('counts of channels, nodes and the whole, as the runtime has them', async () => {
    const { rt, clock } = await started(
      app(
        flow('orders')
          .from(direct('orders').of<number>())
          .filter((n) => n > 0)
          .handle(async (n) => new Promise<number>((resolve) => void clockOf().schedule(n, () => resolve(n))), {
            id: 'wait',
          })
          .to(queue('output').of<number>())
          .build(),
      ),
      { metrics: true },
    )
    function clockOf() {
      return clock
    }
    await rt.send('orders', 0)
    const sent = [rt.send('orders', 1), rt.send('orders', 3), rt.send('orders', 1_000)]
    await clock.advance(1_000)
    await Promise.all(sent)

    const answer = monitoring(rt)(get('/metrics'))
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const families = parsed(await answer.text())
    const value = (name: string, labels: Record<string, string>): number | undefined =>
      families[name]?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value
    expect(value('allora_channel_accepted_total', { channel: 'orders', kind: 'direct' })).toBe(4)
    expect(value('allora_channel_buffered', { channel: 'output', kind: 'queue' })).toBe(3)
    expect(value('allora_dropped_total', { reason: 'filtered' })).toBe(1)
    expect(value('allora_node_entered_total', { node: 'orders/wait' })).toBe(3)
    expect(value('allora_dead_letters', {})).toBe(0)

    const latency = families['allora_node_latency_seconds']!
    expect(latency.type).toBe('histogram')
    const own = latency.samples.filter(({ labels }) => labels['node'] === 'orders/wait')
    const at = (le: string) => own.find(({ labels }) => labels['le'] === le)?.value
    expect([at('0'), at('0.001'), at('0.003'), at('0.511'), at('1.023'), at('+Inf')]).toEqual([0, 1, 2, 2, 3, 3])
    expect(own.filter(({ name }) => !name.endsWith('_bucket')).map(({ name, value: v }) => [name, v])).toEqual([
      ['allora_node_latency_seconds_sum', 1.004],
      ['allora_node_latency_seconds_count', 3],
    ])
  })

  test('whatever a name holds, it is read as it was', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 5 }),
        (names) => {
          const counts = { accepted: 1, settled: 1, dead: 0, expired: 0, dropped: 0, inFlight: 0, buffered: 0 }
          const snapshot: MetricsSnapshot = {
            at: 0,
            channels: Object.fromEntries(names.map((name) => [name, { ...counts, kind: 'queue' as const }])),
            nodes: {},
            dropped: {},
            deadLetters: 0,
            openGroups: 0,
            pendingRequests: 0,
          }
          const read = parsed(prometheusText(snapshot))['allora_channel_accepted_total']!.samples
          expect(read.map(({ labels }) => labels['channel'])).toEqual(Object.keys(snapshot.channels))
        },
      ),
      { numRuns },
    )
  })

  test('buckets only grow, and the last holds all', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 20, maxLength: 20 }), (buckets) => {
        const count = buckets.reduce((a, b) => a + b, 0)
        const latency = { count, sum: 1, max: 1, buckets }
        const nodes = { 'f/n': { entered: count, failed: 0, inFlight: 0, latency } }
        const text = prometheusText({
          at: 0,
          channels: {},
          nodes,
          dropped: {},
          deadLetters: 0,
          openGroups: 0,
          pendingRequests: 0,
        })
        const read = parsed(text)['allora_node_latency_seconds']!.samples.filter(({ name }) => name.endsWith('_bucket'))
        const values = read.map(({ value }) => value)
        expect(values).toEqual(values.toSorted((a, b) => a - b))
        expect(values.at(-1)).toBe(count)
      }),
      { numRuns },
    )
  })
})

describe('health', () => {
  const orders = flow('orders')
    .from(direct('orders').of<number>())
    .handle((n) => n)
    .build()

  test('live until it has stopped, ready while it runs', async () => {
    const rt = runtime(app(orders))
    const answer = monitoring(rt)
    const statuses = (): number[] => ['live', 'ready'].map((what) => answer(get(`/health/${what}`)).status)
    expect(statuses()).toEqual([200, 503])
    await rt.start()
    expect(statuses()).toEqual([200, 200])
    const stopping = rt.stop()
    expect(statuses()).toEqual([200, 503])
    await stopping
    expect(statuses()).toEqual([503, 503])
  })

  test('an open circuit, and a flow that was paused, degrade it', async () => {
    const failing = flow('failing')
      .from(direct('calls').of<number>())
      .handle(
        (n) => {
          if (n < 0) throw new Error('no')
          return n
        },
        { id: 'call', circuitBreaker: { failures: 1, resetAfter: 1_000 } },
      )
      .build()
    const { rt, clock } = await started(app(orders, failing))
    const answer = monitoring(rt)
    await rt.send('calls', -1).catch(() => undefined)
    rt.control.pause('orders')
    const ready = answer(get('/health/ready'))
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'degraded', runtime: 'running', flows: { orders: 'paused' }, circuits: { 'failing/call': 'open' } },
    ])
    rt.control.resume('orders')
    await clock.advance(1_000)
    await rt.send('calls', 1)
    expect(await answer(get('/health/ready')).json()).toMatchObject({ status: 'up' })
  })

  test('a source that failed takes it down', async () => {
    const broken: Source<number> = {
      label: 'broken',
      open: () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('gone')) }),
      }),
    }
    const { rt } = await started(
      app(
        flow('in')
          .from(broken, { id: 'source' })
          .handle((n) => n)
          .build(),
      ),
      {
        logger: { debug() {}, info() {}, warn() {}, error() {} },
      },
    )
    await rt.idle()
    const ready = monitoring(rt)(get('/health/ready'))
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'down', runtime: 'running', flows: { 'in/source': 'failed' }, circuits: {} },
    ])
  })

  test('other paths and methods are refused', async () => {
    const { rt } = await started(app(orders))
    const answer = monitoring(rt, { path: '/ops' })
    expect(answer(get('/ops/health/live')).status).toBe(200)
    expect(answer(get('/health/live')).status).toBe(404)
    const posted = answer(get('/ops/metrics', 'POST'))
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const head = answer(get('/ops/metrics', 'HEAD'))
    expect([head.status, await head.text(), head.headers.get('content-type')]).toEqual([
      200,
      '',
      'text/plain; version=0.0.4; charset=utf-8',
    ])
  })
})

/** Files of version 1 run as they do with Allora, and better where Allora loses messages. */
import { describe, expect, test } from 'vitest'
import { type QueueChannel, type Runtime, type UntypedFlow, iterate, memoryGroupStore, message } from 'allora'
import type { AlloraFile } from '../../src/yaml/allora-file.ts'
import { type BindOptions, bindFile } from '../../src/yaml/bind-file.ts'
import { parseAllora } from '../../src/yaml/parse-allora.ts'
import { drained, started } from '../runtime/rig.ts'

function read(text: string): AlloraFile {
  const parsed = parseAllora(text)
  if (parsed._tag === 'Left') throw new Error(parsed.left.map((each) => each.message).join('\n'))
  return parsed.right
}

async function running(text: string, options: BindOptions = {}, ids = 'm'): Promise<Runtime<UntypedFlow>> {
  const bound = bindFile(read(text), options)
  if (bound._tag === 'Left') throw new Error(bound.left.map((each) => each.message).join('\n'))
  return (await started(bound.right.app, { ids: (n) => `${ids}${n}` })).rt
}

/** What a queue holds. */
const held = (rt: Runtime<UntypedFlow>, id: string): unknown[] => drained(rt.channel(id) as QueueChannel<unknown>)

const channelIds = (text: string): string[] => {
  const { flows, channels = [] } = read(text).graph
  return [...flows.flatMap((flow) => flow.channels), ...channels].map(({ id }) => id)
}

describe('ids', () => {
  test('channels are counted from 1, past those that came before', () => {
    const text = 'version: 1\nchannels: [{ id: channel:auto.2 }, {}, { id: x }, { kind: queue }, {}]'
    expect(channelIds(text)).toEqual(['channel:auto.2', 'channel:auto.1', 'x', 'channel:auto.3', 'channel:auto.4'])
  })

  test('other components are counted from after the highest', () => {
    const entry = 'ref-name: s, from: a, to: b'
    const text = `version: 1\nchannels: [{ id: a }, { id: b }]\nservice-activators: [{ ${entry} }, { id: service:auto.7, ${entry} }, { id: service:auto.x, ${entry} }, { ${entry} }]`
    expect(read(text).graph.flows.map(({ id }) => id)).toEqual([
      'service:auto.8',
      'service:auto.7',
      'service:auto.x',
      'service:auto.9',
    ])
  })

  test('a channel in a file of its own has its kind and a random id', () => {
    expect(channelIds('version: 1\nchannel: { kind: queue }')).toEqual([expect.stringMatching(/^queue:[0-9a-f-]{36}$/)])
    expect(channelIds('version: 1\nchannel: {}')).toEqual([expect.stringMatching(/^direct:/)])
  })

  test('a filter and a service may have one id: the second flow is told apart by its kind', () => {
    const text =
      'version: 1\nchannels: [{ id: a }, { id: b }]\nfilters: [{ id: x, from: a, to: b, when: k }]\nservice-activators: [{ id: x, ref-name: s, from: a, to: b }]'
    expect(read(text).graph.flows.map(({ id }) => id)).toEqual(['x', 'service-activator x'])
  })
})

describe('running', () => {
  test('several consumers of one direct channel all receive, in their order', async () => {
    const text = `version: 1
channels:
  - id: in
  - { id: out, kind: queue }
filters:
  - { from: in, to: out, when: body.contains("a") }
service-activators:
  - { ref-name: upper, from: in, to: out }
  - { ref-name: twice, from: in, to: out }`
    const rt = await running(text, { services: { upper: (s: string) => s.toUpperCase(), twice: (s: string) => s + s } })
    await rt.sendUnknown('in', 'ab')
    expect(held(rt, 'out')).toEqual(['ab', 'AB', 'abab'])
  })

  test('a filter without a channel to send to ends there', async () => {
    const rt = await running('version: 1\nchannels: [{ id: in }]\nfilters: [{ from: in, when: exists(header("a")) }]')
    await rt.sendUnknown('in', message('x', { a: '1' }))
    await rt.sendUnknown('in', 'y')
    expect(rt.metrics().dropped).toEqual({ filtered: 1 })
  })

  const aggregator = (strategy: string): string => `version: 1
channels: [{ id: in }, { id: out, kind: queue }]
aggregators:
  - { correlation_header: order, completion: two${strategy}, from: in, to: out }`

  test.each([
    ['', ['a', 'b'], 'ab'],
    [', strategy: allora.concat_text', ['a', 'b'], 'ab'],
    [', strategy: allora.json_array', ['a', new Uint8Array([1, 2])], ['a', [1, 2]]],
    [', strategy: allora.emit_signal', ['a', 'b'], null],
    [', strategy: mine', [1, 2], 3],
  ])('an aggregator that channels lead to works%s', async (strategy, parts, whole) => {
    const rt = await running(aggregator(strategy), {
      services: {
        two: (group: unknown[]) => group.length === 2,
        mine: (group: number[]) => group.reduce((a, b) => a + b),
      },
    })
    for (const part of parts) await rt.sendUnknown('in', message(part, { order: '7' }))
    expect(held(rt, 'out')).toEqual([whole])
  })

  const kept = aggregator('').replace('completion: two', 'completion: two, store: app.groups')

  test('the store of an aggregator keeps its open groups for the next start', async () => {
    expect(kept).toContain('store')
    const services = { two: (group: readonly unknown[]) => group.length === 2, 'app.groups': memoryGroupStore() }
    const first = await running(kept, { services })
    await first.sendUnknown('in', message('a', { order: '1' }))
    await first.stop()
    const second = await running(kept, { services }, 'later')
    await second.sendUnknown('in', message('b', { order: '1' }))
    expect(held(second, 'out')).toEqual(['ab'])
  })

  test('a store that nothing stands for is told with its place', () => {
    const bound = bindFile(read(kept), { services: { two: () => true } })
    expect(bound).toMatchObject({ left: [{ code: 'ALLORA108', message: 'There is no service "app.groups".' }] })
    expect(bound._tag === 'Left' && bound.left[0].path).toBe('aggregators[0].store')
  })

  test('a message without the header of its aggregator fails and says so', async () => {
    const rt = await running(aggregator(''), { services: { two: () => true } })
    await expect(rt.sendUnknown('in', 'a')).rejects.toThrow('no header "order"')
  })

  test('texts that are none cannot be joined, and the group is not lost', async () => {
    const rt = await running(aggregator(''), { services: { two: () => true } })
    await expect(rt.sendUnknown('in', message(7, { order: '1' }))).rejects.toThrow('allora.json_array')
  })
})

describe('HTTP adapters', () => {
  const text = `version: 1
channels: [{ id: requests }, { id: replies, kind: queue }, { id: responses, kind: queue }]
service-activators: [{ ref-name: echo, from: requests, to: replies }]
http-inbound-adapters:
  - { id: door, host: 127.0.0.1, port: 8080, path: /in, methods: [POST, GET], request-channel: requests, reply-channel: replies }
http-outbound-adapters:
  - { url: "https://example.org/a", from: replies, to: responses }
  - { id: code.only, url: "http://example.org/b", method: get, use-out-msg: false }`

  test('are described completely', () => {
    expect(read(text).adapters).toEqual([
      {
        kind: 'http-inbound-adapter',
        id: 'door',
        service: 'http-inbound-adapter door',
        host: '127.0.0.1',
        port: 8080,
        path: '/in',
        methods: ['POST', 'GET'],
        requestChannel: 'requests',
        replyChannel: 'replies',
      },
      {
        kind: 'http-outbound-adapter',
        id: 'http-outbound-adapter:auto.1',
        service: 'http-outbound-adapter http-outbound-adapter:auto.1',
        url: 'https://example.org/a',
        method: 'POST',
        useOutMsg: true,
        from: 'replies',
        to: 'responses',
      },
      {
        kind: 'http-outbound-adapter',
        id: 'code.only',
        service: 'http-outbound-adapter code.only',
        url: 'http://example.org/b',
        method: 'get',
        useOutMsg: false,
      },
    ])
  })

  test('need no factories, and nothing is loaded for them before the start', () => {
    const bound = bindFile(read(text), { services: { echo: () => 'x' } })
    expect(bound).toMatchObject({ _tag: 'Right' })
  })

  test('are made by factories, each from its description', async () => {
    const made: string[] = []
    const rt = await running(text, {
      services: { echo: (payload: string) => `${payload}!` },
      adapters: {
        'http-inbound-adapter': ({ path }) => {
          made.push(path)
          return iterate(['one'])
        },
        'http-outbound-adapter': ({ url }) => {
          made.push(url)
          return (payload: string) => `${url} got ${payload}`
        },
      },
    })
    await rt.idle()
    expect(made).toEqual(['https://example.org/a', '/in'])
    expect(held(rt, 'responses')).toEqual(['https://example.org/a got one!'])
  })
})

describe('what Allora ignores', () => {
  test('an id that is no text: it is counted instead', () => {
    expect(channelIds('version: 1\nchannels: [{ id: 7 }]')).toEqual(['channel:auto.1'])
  })

  test('a service that is not there is an error, at its place, with the nearest name', () => {
    const file = read(
      'version: 1\nchannels: [{ id: a }, { id: b }]\nservice-activators: [{ ref-name: helo, from: a, to: b }]',
    )
    expect(bindFile(file, { services: { hello: () => 'x' } })).toMatchObject({
      left: [
        {
          code: 'ALLORA108',
          position: { line: 3, column: 34 },
          fix: 'Did you mean "hello"? The services are "hello".',
        },
      ],
    })
  })

  test('the reply channel of an adapter is used, though no flow names it', () => {
    const text = `version: 1\nchannels: [{ id: in, kind: queue }, { id: out, kind: queue }]\nhttp-inbound-adapters: [{ host: h, port: 1, path: /, methods: [GET], request-channel: in, reply-channel: out }]`
    expect(read(text).warnings).toEqual([])
  })
})

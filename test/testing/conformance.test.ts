/** The conformance suite passes over what is not declared, and finds what is wrong with broken transports. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memory } from '../../src/memory/memory.ts'
import { type ConformanceFactory, channelConformance } from '../../src/testing/conformance.ts'
import type {
  AnyMessage,
  ChannelPort,
  Delivery,
  Output,
  Transport,
  TransportCapabilities,
} from '../../src/transport/transport.ts'

const { capabilities } = memory()

/** An object like another one, but for some of its members. */
function like<T extends object>(original: T, changes: Partial<T>): T {
  return new Proxy(original, {
    get: (target, key) => {
      if (Object.hasOwn(changes, key)) return Reflect.get(changes, key) as unknown
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  })
}

/** Memory with something changed about it. */
function changed(change: (transport: Transport) => Partial<Transport>): ConformanceFactory {
  const create = (): Transport => {
    const transport = memory()
    return like(transport, change(transport))
  }
  return { create, clock: 'virtual', load: 0.01 }
}

/** Memory with something changed about its ports. */
function ports(change: (port: ChannelPort, transport: Transport) => Partial<ChannelPort>): ConformanceFactory {
  return changed((transport) => ({ port: (id) => like(transport.port(id), change(transport.port(id), transport)) }))
}

/** Memory with something changed about its deliveries, whichever way they are handed out. */
function deliveries(change: (delivery: Delivery, transport: Transport) => Partial<Delivery>): ConformanceFactory {
  return ports((port, transport) => {
    const other = (delivery: Delivery | undefined): Delivery | undefined =>
      delivery && like(delivery, change(delivery, transport))
    return {
      take: (options) => {
        const taken = port.take(options)
        return taken instanceof Promise ? taken.then(other) : other(taken)
      },
      consume: (options, consumer) => port.consume(options, (delivery) => consumer(other(delivery)!)),
    }
  })
}

async function run(
  factory: ConformanceFactory,
  name: string,
  declared: TransportCapabilities = capabilities,
): Promise<string> {
  const found = channelConformance(factory, declared).find((one) => one.name === name)!
  expect(found).toBeDefined()
  expect(found.skipped).toBeUndefined()
  return found.run().then(
    () => 'passed',
    (error: Error) => error.message,
  )
}

describe('the cases', () => {
  const cases = channelConformance({ create: memory, clock: 'virtual' }, capabilities)

  test('each has a name of its own and the rule it proves', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    for (const { rule } of cases) expect(rule).toMatch(/^[A-Z]\d+$/)
  })

  test('those that do not apply say why, and running them does nothing', async () => {
    const create = (): never => {
      throw new Error('Nothing should be made.')
    }
    const none = Object.fromEntries(
      Object.keys(capabilities).map((name) => [name, false]),
    ) as unknown as TransportCapabilities
    const listed = channelConformance({ create, clock: 'virtual', kinds: ['queue'] }, { ...none, order: 'none' })
    const reasons = new Set(listed.flatMap(({ skipped }) => skipped ?? []))
    expect(listed.length).toBe(cases.length)
    expect([...reasons]).toMatchInlineSnapshot(`
      [
        "The transport does not serve priority channels.",
        "The transport does not serve rendezvous channels.",
        "The transport does not offer: synchronous.",
        "The transport does not offer: total order.",
        "The transport does not offer: correlation.",
        "The transport does not offer: bounded.",
        "The transport does not serve pubsub channels.",
        "The transport does not offer: delay.",
        "The transport does not offer: reopen.",
        "The transport does not offer: dedupe.",
        "The transport does not serve direct channels.",
        "The transport does not offer: transactions.",
      ]
    `)
    for (const one of listed) if (one.skipped !== undefined) await one.run()
  })

  test('a transport with transactions, deduplication and a memory of its own runs the cases for them', async () => {
    const seen = new Set<string>()
    const transactional = deliveries((delivery, transport) => ({
      ack: (as, outputs: readonly Output[] = []) => {
        const acked = delivery.ack(as)
        if (acked === true) for (const { channelId, message } of outputs) void transport.port(channelId).send(message)
        return acked
      },
    }))
    const deduping = ports((port) => ({
      send: (message, options) => {
        const id = options?.dedupeId ?? message.id
        if (seen.has(id)) return
        seen.add(id)
        return port.send(message, options)
      },
    }))
    let kept: Transport | undefined
    const durable: ConformanceFactory = {
      create: () => like((kept = memory()), { close: () => [] }),
      reopen: () => like(kept!, { open: () => {} }),
      clock: 'virtual',
    }
    const declared = { ...capabilities, transactions: true, dedupe: true, durable: true }
    for (const kind of ['queue', 'priority']) {
      seen.clear()
      expect(
        await run(transactional, `${kind}: an acknowledgement commits the sends made while handling`, declared),
      ).toBe('passed')
      expect(await run(deduping, `${kind}: a second send of the same id is taken for the first`, declared)).toBe(
        'passed',
      )
    }
    expect(await run(durable, 'queue: messages and their attempts survive a restart', declared)).toBe('passed')
  })
})

describe('with the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
  afterEach(() => void vi.useRealTimers())

  test('memory passes, too', async () => {
    let disposed = 0
    const factory: ConformanceFactory = { create: memory, clock: 'system', load: 0.002, dispose: () => void disposed++ }
    let ended = false
    const running = (async () => {
      for (const one of channelConformance(factory, capabilities)) await one.run()
    })().finally(() => (ended = true))
    running.catch(() => {})
    while (!ended) await vi.advanceTimersByTimeAsync(5)
    await running
    expect(disposed).toBeGreaterThan(100)
  })
})

const FAULTS: Readonly<Record<string, readonly [factory: ConformanceFactory, name: string, says: RegExp]>> = {
  'loses a message now and then': [
    ports((port) => ({
      send: (message, options) => (message.id.endsWith('7') ? undefined : port.send(message, options)),
    })),
    'queue: 50 producers and 50 consumers lose nothing and invent nothing',
    /Waited in vain: all are settled/,
  ],
  'delivers twice': [
    ports((port) => ({
      consume: (options, consumer) =>
        port.consume(options, (delivery) => (void consumer(delivery), consumer(delivery))),
    })),
    'queue: competing consumers each get their share, and no message comes twice',
    /strictly deep-equal/,
  ],
  'keeps no order': [
    changed((transport) => ({
      open: (specs, env) => {
        const functions = { lifo: (a: AnyMessage, b: AnyMessage) => Number(b.id.slice(1)) - Number(a.id.slice(1)) }
        return transport.open(
          specs.map((spec) => ({ ...spec, kind: 'priority', compare: 'lifo' })),
          { ...env, functions },
        )
      },
    })),
    'queue: a consumer gets what is there already and what comes later',
    /strictly deep-equal/,
  ],
  'ignores the credit': [
    ports((port) => ({ consume: (options, consumer) => port.consume({ ...options, credit: 50 }, consumer) })),
    'queue: at credit 1 nothing else is delivered while one is unsettled',
    /strictly deep-equal/,
  ],
  'ignores orderBy': [
    ports((port) => ({ consume: ({ name, credit = 1 }, consumer) => port.consume({ name, credit }, consumer) })),
    'queue: orderBy holds back a key in work while others overtake',
    /strictly deep-equal/,
  ],
  'forgets attempts': [
    deliveries(() => ({ attempt: 1 })),
    'queue: attempts count from 1, one more with each delivery',
    /1 !== 2/,
  ],
  'says twice that it settled': [
    deliveries((delivery) => ({ ack: (as) => delivery.ack(as) !== undefined })),
    'queue: a delivery is settled once; settling it again is harmless and gives false',
    /true !== false/,
  ],
  'ignores delays': [
    deliveries((delivery) => ({ nack: () => delivery.nack() })),
    'queue: a message given back with a delay comes again when it is over, and does not hold up others',
    /strictly equal/,
  ],
  'accepts what comes after the close, and loses it': [
    ports((port) => ({ send: (message, options) => (port.closed ? undefined : port.send(message, options)) })),
    'queue: a closed channel refuses sends, once and for all',
    /Missing expected rejection/,
  ],
  'refuses with the wrong error': [
    ports((port) => ({
      send: (message, options) => {
        if (port.closed) throw new RangeError('Closed.')
        return port.send(message, options)
      },
    })),
    'queue: a closed channel refuses sends, once and for all',
    /Expected ChannelClosedError, but came RangeError: Closed\./,
  ],
  'leaves takers hanging when it closes': [
    ports(() => ({ close: () => {} })),
    'queue: takers that wait, or would wait, get ChannelClosedError',
    /Waited in vain: a waiting take/,
  ],
  'names nothing that is left': [
    changed((transport) => ({ close: () => (void transport.close(), []) })),
    'queue: close() of the transport names what is left, in which state and how old',
    /strictly deep-equal/,
  ],
  'mixes its channels up': [
    changed((transport) => ({ port: () => transport.port('c') })),
    'queue: channels of one transport keep apart',
    /strictly deep-equal/,
  ],
  'loses headers': [
    ports((port) => ({
      send: (message, options) =>
        port.send({ ...(JSON.parse(JSON.stringify(message)) as AnyMessage), headers: {} }, options),
    })),
    'queue: every kind of header survives, with the id and the timestamp',
    /strictly deep-equal/,
  ],
  'leaves a timer behind': [
    changed((transport) => ({
      open: (specs, env) => {
        env.clock.schedule(1e9, () => {})
        return transport.open(specs, env)
      },
    })),
    'queue: take gives the message that was sent',
    /Timers are left after close\(\)/,
  ],
  miscounts: [
    ports((port) => ({ stats: { ...port.stats, accepted: 7 } })),
    'queue: take gives the message that was sent',
    /C10: channel "c" accepted 7 messages but accounts for 0/,
  ],
  'stops at the first subscriber that fails': [
    ports((port) => ({
      consume: (options, consumer) =>
        port.consume(options, (delivery) => (delivery.message.payload === 1 ? consumer(delivery) : undefined)),
    })),
    'pubsub: every subscriber gets every message, in order',
    /Waited in vain: all copies are settled/,
  ],
}

describe('a transport that is broken fails', () => {
  test.for(Object.entries(FAULTS))('one that %s', async ([, [factory, name, says]]) => {
    expect(await run(factory, name)).toMatch(says)
  })
})

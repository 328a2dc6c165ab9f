/** What users bring along and what it does wrong: those who look on harm no message, those who are asked are told what their contract wants. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type AnyMessage, type ChannelInterceptor, type Logger, type Source, app, direct, flow, queue } from 'allora'
import { describe, expect, onTestFinished, test } from 'vitest'
import { drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

const input = queue('in').of<string>()
const through = () =>
  flow('f')
    .from(input)
    .log((word) => `got ${word}`)
    .to(queue('out'))
    .build()

const broken = new Error('no disk')
const throwing = (): never => {
  throw broken
}
/** Async, where the type says that nothing is waited for. */
const rejecting = (() => Promise.reject(broken)) as never as () => never

/** The warnings of the process until the test ends. */
function warnings(): string[] {
  const said: string[] = []
  const note = ({ message }: Error): void => void said.push(message)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  return said
}

describe.each([
  ['throws', throwing],
  ['rejects', rejecting],
] as const)('E8: one who looks on and %s', (_, fail) => {
  test('E8: a logger harms no message', async () => {
    const said = warnings()
    const logger: Logger = { debug: fail, info: fail, warn: fail, error: fail }
    const { rt } = await started(app(through()), { logger })
    await rt.send('in', 'a')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a'])
    await settled()
    expect(said).toEqual(['The logger threw: Error: no disk'])
  })

  test('E8: one that cannot say what it wants is given everything', async () => {
    const said = warnings()
    const lines: string[] = []
    const line = (text: string): void => void lines.push(text)
    const logger: Logger = { debug: line, info: line, warn: line, error: line, isEnabled: fail }
    const { rt } = await started(app(through()), { logger })
    await rt.send('in', 'a')
    await rt.idle()
    expect([drained(rt.channel('out')), lines]).toEqual([['a'], ['got a']])
    await settled()
    expect(new Set(said)).toEqual(new Set(['The logger threw: Error: no disk']))
  })

  test('E8, L4: a listener harms neither a message nor the other listeners', async () => {
    const said = warnings()
    const { rt } = await started(app(through()), { logger: silent })
    rt.on('handled', fail)
    const handled = recorded(rt, 'handled')
    await rt.send('in', 'a')
    await rt.idle()
    await settled()
    expect([drained(rt.channel('out')), handled.length]).toEqual([['a'], 1])
    expect(said).toEqual(['A listener of the event "handled" threw: Error: no disk'])
  })

  test('E8, C12: an interceptor harms nothing after the fact', async () => {
    const said = warnings()
    const looking: ChannelInterceptor = { afterSend: fail, afterReceive: fail }
    const { rt } = await started(app(through()), { logger: silent, interceptors: { in: [looking] } })
    await rt.send('in', 'a')
    await rt.idle()
    await settled()
    expect(drained(rt.channel('out'))).toEqual(['a'])
    expect(said).toEqual(Array(2).fill('An interceptor of channel "in" threw: Error: no disk'))
  })
})

test('E8: a warning says what was thrown, whatever it was', async () => {
  const said = warnings()
  const { rt } = await started(app(through()), { logger: silent })
  rt.on('handled', () => {
    throw Object.create(null) as Error
  })
  await rt.send('in', 'a')
  await rt.idle()
  await settled()
  expect(said).toEqual(['A listener of the event "handled" threw: an object'])
})

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

describe('C12: an interceptor that is asked', () => {
  test.each<[what: string, came: unknown, said: string]>([
    ['a promise', (message: AnyMessage) => Promise.resolve(message), 'a promise'],
    ['a promise that rejects', rejecting, 'a promise'],
    ['true', () => true, 'the boolean true'],
    ['a payload', () => 'b', 'the string "b"'],
    ['no message', () => ({ payload: 'b' }), 'an object'],
  ])('C12: a beforeSend that gives %s sends nothing, and its sender is told', async (_, beforeSend, said) => {
    const passed: unknown[] = []
    const interceptors = {
      in: [{ afterSend: (...[, , error]: unknown[]) => passed.push(error) }, { beforeSend } as never],
    }
    const { rt } = await started(app(through()), { logger: silent, interceptors })
    const error: unknown = await rt.send('in', 'a').catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'ALLORA304',
      channelId: 'in',
      messageId: 'm1',
      message: `The beforeSend of interceptor 2 of channel "in" must give a message or false, at once, but it gave ${said}. What has to be waited for, and what changes a payload, is done in a step.`,
    })
    expect(passed).toEqual([error])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 0 })
  })

  test('C12: one that gives nothing lets the message pass, and another message may be of any class', async () => {
    const other = (message: AnyMessage): AnyMessage => {
      const { id, timestamp, payload, headers } = message
      return { id, timestamp, payload, headers } as AnyMessage
    }
    const interceptors = { in: [{ beforeSend: () => undefined } as never, { beforeSend: other }] }
    const { rt } = await started(app(through()), { logger: silent, interceptors })
    await rt.send('in', 'a')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a'])
  })

  test('C12: a beforeReceive that gives a promise keeps the message, and is a warning', async () => {
    const said = warnings()
    let beforeReceive: () => unknown = rejecting
    const interceptors = { in: [{ beforeReceive: () => beforeReceive() } as never] }
    const { rt, clock } = await started(app(through()), { logger: silent, interceptors })
    await rt.send('in', 'a')
    await settled()
    expect(drained(rt.channel('out'))).toEqual([])
    expect(said[0]).toContain(
      'The beforeReceive of interceptor 1 of channel "in" must give true or false, at once, but it gave a promise.',
    )
    beforeReceive = () => true
    await clock.advance(1_000)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a'])
  })
})

describe('E2: a schema that gives no result', () => {
  test.each([undefined, null, 'ok', {}, { issues: 'bad' }, Promise.resolve(undefined)])(
    'E2, T16: fails the message, and says what is expected',
    async (result) => {
      const schema = {
        '~standard': { version: 1, vendor: 'mine', validate: () => result },
      } as unknown as StandardSchemaV1
      const said = 'The validate of a schema must give { value } or { issues: [...] }, or a promise of it, but it gave '
      const { rt } = await started(
        app(
          flow('step').from(input).validate(schema, { id: 'look' }).to(queue('out')).build(),
          flow('channel').from(direct('typed').of(schema)).build(),
        ),
      )
      await rt.send('in', 'a')
      await rt.idle()
      expect(rt.deadLetters.list()).toMatchObject([
        { flowId: 'step', nodeId: 'look', error: { cause: { code: 'ALLORA304' } } },
      ])
      expect(rt.deadLetters.list()[0]!.error.message).toContain(said)
      await expect(rt.sendUnknown('typed', 'a')).rejects.toThrow(said)
    },
  )
})

describe('E2, T17: a source', () => {
  test.each([undefined, [{ payload: 1 }], 'text'])('E2: that cannot be iterated fails the start', async (opened) => {
    const source: Source<number> = { label: 'mine', open: () => opened as never }
    await expect(started(app(flow('f').from(source).to(queue('out')).build()))).rejects.toMatchObject({
      code: 'ALLORA304',
      flowId: 'f',
      nodeId: 'n0',
      message: expect.stringMatching(
        /^The open of the source "n0" of flow "f" must give an async iterable of arrivals, but it gave .*\. Write it as a generator:/,
      ) as unknown,
    })
  })

  test('E2: that gives no arrival is told so, and goes on', async () => {
    const lines: string[] = []
    const source: Source<string> = {
      label: 'mine',
      open: async function* () {
        yield undefined as never
        yield 'a line' as never
        yield { payload: 'fine' }
      } as Source<string>['open'],
    }
    const { rt } = await started(app(flow('f').from(source).to(queue('out')).build()), {
      logger: { ...silent, error: (line) => void lines.push(line) },
    })
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['fine'])
    expect(lines).toEqual([
      'The source "n0" of flow "f" could not conclude a message: A source must give arrivals, which are objects with a payload, but it gave undefined. Write yield { payload }. The source goes on with its next arrival.',
      'The source "n0" of flow "f" could not conclude a message: A source must give arrivals, which are objects with a payload, but it gave the string "a line". Write yield { payload }. The source goes on with its next arrival.',
    ])
  })
})

/** Loggers: what lines look like, which are written, and that those that are not cost nothing. */
import { app, direct, flow, type Logger, type LogFields, queue } from 'allora'
import { levelFilter, lineLogger, pinoLogger } from 'allora/logging'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { started } from '../runtime/rig.ts'

interface Order {
  readonly id: string
  readonly token: string
}

const orders = direct('orders').of<Order>()
const order: Order = { id: 'A', token: 't0p' }

/** A logger that keeps all it is told. */
function kept(isEnabled?: Logger['isEnabled']): { readonly lines: unknown[][]; readonly logger: Logger } {
  const lines: unknown[][] = []
  const log = (line: string, fields?: LogFields): void => void lines.push([line, fields])
  return { lines, logger: { debug: log, info: log, warn: log, error: log, ...(isEnabled && { isEnabled }) } }
}

describe('levels', () => {
  test.each([
    ['info', {}, ['info', 'warn', 'error']],
    ['off', {}, []],
    ['warn,orders=debug', { flowId: 'orders' }, ['debug', 'info', 'warn', 'error']],
    ['warn,orders=debug', { flowId: 'other' }, ['warn', 'error']],
    ['orders=info', { flowId: 'other' }, ['error']],
    ['info,inbox=error', { flowId: 'orders', channelId: 'inbox' }, ['error']],
    ['info,inbox=error,orders=warn', { flowId: 'orders', channelId: 'inbox' }, ['warn', 'error']],
    ['info, orders/n1 = OFF , orders=debug', { flowId: 'orders', nodeId: 'n1' }, []],
    ['info,allora=error', {}, ['error']],
    ['info,allora=error,orders=trace', { flowId: 'orders' }, ['debug', 'info', 'warn', 'error']],
  ])('the filter %j at %j', (filter, place, expected) => {
    const isEnabled = levelFilter(filter)
    expect((['debug', 'info', 'warn', 'error'] as const).filter((level) => isEnabled(level, place))).toEqual(expected)
  })

  test('a step whose level nobody wants calls nothing, and the message goes on', async () => {
    let calls = 0
    const { logger, lines } = kept((level) => level === 'error')
    const { rt } = await started(
      app(
        flow('f')
          .from(orders)
          .log(() => {
            calls++
            return 'said'
          })
          .to(queue('out').of<Order>())
          .build(),
      ),
      { logger },
    )
    await rt.send('orders', order)
    expect([calls, lines, rt.channel('out').size]).toEqual([0, [], 1])
  })

  test('a logger is asked with the flow, the node and the channel', async () => {
    const asked: unknown[] = []
    const { logger } = kept((level, place) => {
      asked.push([level, place.flowId, place.nodeId, place.channelId])
      return false
    })
    const { rt } = await started(app(flow('f').from(orders).log({ level: 'warn', id: 'seen' }).build()), { logger })
    await rt.send('orders', order)
    expect(asked).toEqual([['warn', 'f', 'seen', 'orders']])
  })
})

describe('what loggers are told', () => {
  test('the place, the message and the data of a log step, without secrets', async () => {
    const { logger, lines } = kept()
    const logged = flow('f')
      .from(orders)
      .log({ id: 'usual' })
      .log((each) => each, { id: 'data' })
      .log(async () => 'text', { id: 'text' })
      .build()
    const { rt } = await started(app(logged), { logger, redact: ['ID'] })
    await rt.send('orders', order)
    const place = { flowId: 'f', channelId: 'orders', messageId: 'm1' }
    expect(lines).toEqual([
      ['f/usual m1', { ...place, nodeId: 'usual' }],
      ['f/data m1', { ...place, nodeId: 'data', data: { id: '[redacted]', token: '[redacted]' } }],
      ['text', { ...place, nodeId: 'text' }],
    ])
  })

  test('T10: a tap that fails is logged', async () => {
    const { logger, lines } = kept()
    const tapped = flow('f')
      .from(direct('in').of<number>())
      .tap(queue('seen', { capacity: 1, overflow: 'reject' }).of<number>(), { id: 'tap' })
      .build()
    const { rt } = await started(app(tapped), { logger })
    await rt.send('in', 1)
    await rt.send('in', 2)
    expect(lines).toEqual([
      [
        expect.stringMatching(/^Tap "tap" of flow "f" lost a copy for channel "seen": /),
        expect.objectContaining({ flowId: 'f', nodeId: 'tap', channelId: 'seen', messageId: 'm2' }),
      ],
    ])
  })
})

describe('lines', () => {
  const written = (options: Parameters<typeof lineLogger>[0], log: (logger: Logger) => void): string[] => {
    const lines: string[] = []
    log(lineLogger({ write: (line) => lines.push(line), now: () => 0, ...options }))
    return lines
  }

  test('for people', () => {
    const lines = written({}, (logger) => {
      logger.info('said', { flowId: 'f', data: { n: 1 } })
      logger.debug('not said')
      logger.error('failed', { error: new TypeError('no') })
    })
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z  INFO said {"n":1}', '1970-01-01T00:00:00.000Z ERROR failed'])
  })

  test('for machines', () => {
    const error = Object.assign(new TypeError('no'), { code: 'E1', stack: 'here' })
    const lines = written({ format: 'json' }, (logger) => {
      logger.warn('said', { flowId: 'f', nodeId: 'n', error, data: [1] })
      logger.error('failed', { error: { _tag: 'Declined', token: 'x' } })
    })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'warn',
        msg: 'said',
        flowId: 'f',
        nodeId: 'n',
        error: { name: 'TypeError', code: 'E1', message: 'no', stack: 'here' },
        data: [1],
      },
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'error',
        msg: 'failed',
        error: { _tag: 'Declined', token: '[redacted]' },
      },
    ])
  })
})

describe('other loggers', () => {
  test('pino gets the fields as fields, and says which levels it wants', async () => {
    const lines: string[] = []
    const logger = pinoLogger(
      pino({ level: 'info', base: null, timestamp: false }, { write: (line) => lines.push(line) }),
    )
    const logged = flow('f')
      .from(orders)
      .log({ id: 'seen' })
      .log(() => 'quiet', { level: 'debug' })
      .build()
    const { rt } = await started(app(logged), { logger })
    await rt.send('orders', order)
    logger.error('failed', { error: new TypeError('no') })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 30, flowId: 'f', nodeId: 'seen', channelId: 'orders', messageId: 'm1', msg: 'f/seen m1' },
      { level: 50, err: expect.objectContaining({ type: 'TypeError', message: 'no' }), msg: 'failed' },
    ])
  })

  test('console is a logger as it is; without one, the console gets the sentences', async () => {
    const said: unknown[][] = []
    const { info } = console
    console.info = (...words: unknown[]) => said.push(words)
    try {
      for (const options of [{}, { logger: console }]) {
        const logged = flow('f')
          .from(orders)
          .log()
          .log(({ id }) => ({ id }))
          .build()
        const { rt } = await started(app(logged), options)
        await rt.send('orders', order)
      }
    } finally {
      console.info = info
    }
    const fields = { flowId: 'f', channelId: 'orders', messageId: 'm1' }
    expect(said).toEqual([
      ['f/n1 m1'],
      ['f/n2 m1', { id: 'A' }],
      ['f/n1 m1', { ...fields, nodeId: 'n1' }],
      ['f/n2 m1', { ...fields, nodeId: 'n2', data: { id: 'A' } }],
    ])
  })
})

import { AlloraError, type FlowError, type HandlersFailedError, app, direct, flow, queue } from 'allora'
import { left } from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

const shared = () => direct('in', { dispatch: 'failover' }).of<number>()

/** A flow that fails, at once or later, or notes its id. */
const worker = (id: string, log: string[], fails: 'no' | 'at once' | 'later') =>
  flow(id)
    .from(shared())
    .handle((n, { attempt }) => {
      log.push(`${id} ${n}#${attempt}`)
      if (fails === 'no') return n
      const error = new Error(`${id} is broken`)
      if (fails === 'later') return Promise.reject(error)
      throw error
    })
    .build()

describe('E1: failover', () => {
  test('E1, C7: a failed message goes to the next flow, as the next attempt, and its sender is told nothing', async () => {
    const log: string[] = []
    const { rt } = await started(app(worker('a', log, 'at once'), worker('b', log, 'later'), worker('c', log, 'no')))
    const retried = recorded(rt, 'retried')
    const accepted = recorded(rt, 'accepted')
    await rt.send('in', 1)
    expect(log).toEqual(['a 1#1', 'b 1#2', 'c 1#3'])
    expect(await rt.request('in', 2)).toEqual({ _tag: 'Right', right: 2 })
    expect(rt.deadLetters.size).toBe(0)
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, settled: 2, dead: 0, inFlight: 0, buffered: 0 })
    expect(retried.map(({ attempt }) => attempt)).toEqual([2, 3, 2, 3])
    expect(accepted).toHaveLength(2)
  })

  test('E1: when the last has failed the message is one dead letter, and everybody is told what all said', async () => {
    const log: string[] = []
    const { rt } = await started(app(worker('a', log, 'later'), worker('b', log, 'at once')))
    const error: HandlersFailedError = await rt.send('in', 1).then(
      () => undefined as never,
      (reason: HandlersFailedError) => reason,
    )
    expect(error).toBeInstanceOf(AlloraError)
    expect(error).toMatchObject({ code: 'ALLORA324', channelId: 'in', messageId: 'm1', attempt: 2 })
    expect((error.errors as FlowError[]).map((it) => [it.flowId, it.attempt, it.parked])).toEqual([
      ['a', 1, { kind: 'consumer', channelId: 'in' }],
      ['b', 2, { kind: 'deadLetters' }],
    ])
    const [letter] = rt.deadLetters.list()
    expect(letter).toMatchObject({ id: 'm1', flowId: 'b', attempts: 2 })
    expect(letter!.error.message).toContain('a is broken')
    expect(letter!.error.message).toContain('b is broken')
    expect(rt.deadLetters.size).toBe(1)
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 0, dead: 1, inFlight: 0, buffered: 0 })
    await expect(rt.request('in', 2)).rejects.toThrow('b is broken')
  })

  test('E1: a flow before it is done with a message that all consumers failed', async () => {
    const log: string[] = []
    const first = flow('first').from(queue('begin').of<number>()).to(shared()).build()
    const { rt } = await started(app(first, worker('a', log, 'at once'), worker('b', log, 'at once')))
    await rt.send('begin', 1)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ channelId: 'in', flowId: 'b' }])
    expect(rt.metrics().channels['begin']).toMatchObject({ accepted: 1, settled: 1 })
  })

  test('E1: what onError absorbs, or errorsTo takes, has been decided and goes nowhere else', async () => {
    const log: string[] = []
    const failing = flow('a')
      .from(shared())
      .handle((n) => {
        if (n > 0) throw new Error('no')
        return n
      })
    const absorbing = failing.onError(() => -1).build()
    const first = await started(app(absorbing, worker('b', log, 'no')))
    expect(await first.rt.request('in', 1)).toEqual({ _tag: 'Right', right: -1 })
    const diverting = failing.errorsTo(queue('errors')).build()
    const second = await started(app(diverting, worker('b', log, 'no')))
    await expect(second.rt.send('in', 1)).rejects.toThrow('error channel "errors"')
    expect(log).toEqual([])
  })

  test('G1: a typed failure of the last consumer answers the request', async () => {
    const said = (id: string) =>
      flow(id)
        .from(shared())
        .handle(() => left(id))
        .build()
    const { rt } = await started(app(said('a'), said('b')))
    expect(await rt.request('in', 1)).toEqual({ _tag: 'Left', left: 'b' })
    expect(rt.deadLetters.size).toBe(0)
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 1 })
  })

  test('L6: the next consumer may be paused or stopped while the first one works: the message is tried anew', async () => {
    const log: string[] = []
    const gate = Promise.withResolvers<void>()
    const slow = flow('a')
      .from(shared())
      .handle(async (_, { attempt }) => {
        log.push(`a #${attempt}`)
        await gate.promise
        if (attempt === 1) throw new Error('not yet')
      })
      .build()
    const { rt } = await started(app(slow, worker('b', log, 'no')))
    const sending = rt.send('in', 1)
    rt.on('retried', () => {
      rt.control.pause('b')
    })
    gate.resolve()
    await sending
    expect(log).toEqual(['a #1', 'a #2'])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 1, inFlight: 0, buffered: 0 })
  })

  test('C10, E1: however many consumers fail, and how, each message is handled once or is one dead letter', async () => {
    const manner = fc.constantFrom('no' as const, 'at once' as const, 'later' as const)
    await fc.assert(
      fc.asyncProperty(fc.array(manner, { minLength: 1, maxLength: 4 }), async (manners) => {
        const log: string[] = []
        const flows = manners.map((fails, i) => worker(`f${i}`, log, fails))
        const { rt } = await started(app(...flows))
        await rt.send('in', 1).catch(() => undefined)
        await settled()
        const good = manners.indexOf('no')
        const tried = good === -1 ? manners.length : good + 1
        expect(log).toEqual(Array.from({ length: tried }, (_, i) => `f${i} 1#${i + 1}`))
        expect(rt.deadLetters.size).toBe(good === -1 ? 1 : 0)
        const dead = good === -1 ? 1 : 0
        expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 1 - dead, dead, inFlight: 0 })
        await rt.stop()
      }),
      { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
    )
  })
})

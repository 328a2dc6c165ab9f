/** Interceptors, on channels of the memory transport. */
import { describe, expect, test } from 'vitest'
import { type ChannelInterceptor, interceptPort } from '../../src/transport/interceptors.ts'
import type { AnyMessage, ChannelPort, Delivery } from '../../src/transport/transport.ts'
import { note, opened } from './rig.ts'

/** An interceptor that notes its calls; `parts` may replace or veto. */
function noting(name: string, seen: string[], parts: ChannelInterceptor = {}): ChannelInterceptor {
  const failed = (rest: readonly unknown[]): string => (rest.length === 0 ? '' : ` ${(rest[0] as Error).name}`)
  return {
    beforeSend: (message, channelId) => {
      seen.push(`${name} before send ${message.id} ${channelId}`)
      return parts.beforeSend?.(message, channelId) ?? message
    },
    afterSend: (message, channelId, ...rest: unknown[]) => {
      seen.push(`${name} after send ${message.id}${failed(rest)}`)
      parts.afterSend?.(message, channelId)
    },
    beforeReceive: (channelId) => {
      seen.push(`${name} before receive`)
      return parts.beforeReceive?.(channelId) ?? true
    },
    afterReceive: (message, channelId, ...rest: unknown[]) => {
      seen.push(`${name} after receive ${message?.id}${failed(rest)}`)
      parts.afterReceive?.(message, channelId)
    },
  }
}

/** A queue of capacity 1 behind interceptors. */
function intercepted(...interceptors: ChannelInterceptor[]): {
  readonly port: ChannelPort
  readonly inner: ChannelPort
} {
  const { port: inner } = opened({ kind: 'queue', capacity: 1 })
  return { inner, port: interceptPort(inner, interceptors) }
}

const veto: ChannelInterceptor = { beforeSend: () => false, beforeReceive: () => false }

describe('C12: sending', () => {
  test('C12: without interceptors the port itself is used', () => {
    const { port, inner } = intercepted()
    expect(port).toBe(inner)
  })

  test('C12: all are called in order before, and in reverse after', async () => {
    const seen: string[] = []
    const { port, inner } = intercepted(noting('a', seen), {}, noting('b', seen))
    expect(port.send(note('m'))).toBeUndefined()
    expect(seen).toEqual(['a before send m c', 'b before send m c', 'b after send m', 'a after send m'])
    expect(inner.stats.accepted).toBe(1)
    expect(port.stats).toBe(inner.stats)
    expect(port.spec).toBe(inner.spec)
  })

  test('C12: an interceptor may replace the message', async () => {
    const seen: string[] = []
    const { port } = intercepted({ beforeSend: () => note('other') }, noting('b', seen))
    await port.send(note('m'))
    expect(seen).toEqual(['b before send other c', 'b after send other'])
    expect(await port.receive()).toMatchObject({ id: 'other' })
  })

  test('C12: a veto rejects the send, and only those that let it pass hear of it', async () => {
    const seen: string[] = []
    const { port, inner } = intercepted(noting('a', seen), veto, noting('b', seen))
    expect(() => port.send(note('m'))).toThrowErrorMatchingInlineSnapshot(
      `[VetoedError: Interceptor 2 of channel "c" vetoed the send: its beforeSend returned false. Ask why it does, or remove it from the runtime's interceptors.]`,
    )
    expect(() => port.trySend(note('n'))).toThrow('vetoed')
    expect(seen).toEqual([
      'a before send m c',
      'a after send m VetoedError',
      'a before send n c',
      'a after send n VetoedError',
    ])
    expect(inner.stats.accepted).toBe(0)
  })

  test('C12: what an interceptor throws before is the failure of the send; what it throws after is ignored', async () => {
    const seen: string[] = []
    const failing = (): never => {
      throw new RangeError('broken')
    }
    const { port, inner } = intercepted(
      noting('a', seen, { afterSend: failing }),
      noting('b', seen, { afterSend: failing }),
    )
    await port.send(note('m'))
    expect(seen.slice(2)).toEqual(['b after send m', 'a after send m'])
    expect(inner.stats.accepted).toBe(1)
    seen.length = 0
    const broken = intercepted(noting('a', seen), { beforeSend: failing })
    expect(() => broken.port.send(note('m'))).toThrow('broken')
    expect(seen).toEqual(['a before send m c', 'a after send m RangeError'])
  })

  test('C12: a refused or failed send is told after, at once or later', async () => {
    const seen: string[] = []
    const { port } = intercepted(noting('a', seen))
    expect(port.trySend(note('m'))).toBe(true)
    expect(port.trySend(note('n'))).toBe(false)
    expect(() => port.send(note('o'), { timeout: 0 })).toThrow('at once')
    const waiting = port.send(note('p'))
    const abandoned = Promise.resolve(port.send(note('q'))).catch((error: Error) => error.name)
    expect(seen.filter((line) => line.includes('after'))).toEqual([
      'a after send m',
      'a after send n SendTimeoutError',
      'a after send o SendTimeoutError',
    ])
    void port.receive()
    await waiting
    await port.close()
    expect(port.closed).toBe(true)
    expect(await abandoned).toBe('ChannelClosedError')
    expect(seen.slice(-2)).toEqual(['a after send p', 'a after send q ChannelClosedError'])
  })
})

describe('C12: receiving', () => {
  test('C12: take, receive and tryTake pass all', async () => {
    const seen: string[] = []
    const { port } = intercepted(noting('a', seen), noting('b', seen))
    const through = ['a before receive', 'b before receive']
    await port.send(note('m'))
    seen.length = 0
    expect(((await port.take()) as Delivery).ack()).toBe(true)
    expect(seen).toEqual([...through, 'b after receive m', 'a after receive m'])
    seen.length = 0
    expect(port.tryTake()).toBeUndefined()
    expect(seen).toEqual([...through, 'b after receive undefined', 'a after receive undefined'])
    seen.length = 0
    const waiting = port.receive()
    expect(seen).toEqual(through)
    await port.send(note('n'))
    expect(await waiting).toMatchObject({ id: 'n' })
    expect(seen.slice(-2)).toEqual(['b after receive n', 'a after receive n'])
    const closed = Promise.resolve(port.receive()).catch((error: Error) => error.name)
    await port.close()
    expect(await closed).toBe('ChannelClosedError')
    expect(seen.slice(-2)).toEqual([
      'b after receive undefined ChannelClosedError',
      'a after receive undefined ChannelClosedError',
    ])
  })

  test('C12: a veto rejects the take, and the channel keeps its message', async () => {
    const seen: string[] = []
    const { port, inner } = intercepted(noting('a', seen), veto)
    await inner.send(note('m'))
    expect(() => port.take()).toThrowErrorMatchingInlineSnapshot(
      `[VetoedError: Interceptor 2 of channel "c" vetoed the receive: its beforeReceive returned false. Ask why it does, or remove it from the runtime's interceptors.]`,
    )
    expect(() => port.receive()).toThrow('vetoed')
    expect(() => port.tryTake()).toThrow('vetoed')
    expect(seen.slice(0, 2)).toEqual(['a before receive', 'a after receive undefined VetoedError'])
    expect(inner.stats.buffered).toBe(1)
    expect((port.purge() as readonly AnyMessage[]).map(({ id }) => id)).toEqual(['m'])
  })

  test('C12: what a consumer gets passes all before it is called', async () => {
    const seen: string[] = []
    const { port } = intercepted(noting('a', seen), noting('b', seen))
    port.consume({ name: 'c' }, (delivery) => {
      seen.push(`consumed ${delivery.message.id}`)
      void delivery.ack()
    })
    await port.send(note('m'))
    await Promise.resolve()
    expect(seen.slice(4)).toEqual([
      'a before receive',
      'b before receive',
      'b after receive m',
      'a after receive m',
      'consumed m',
    ])
  })

  test('C12: a consumer is offered a vetoed message again after a second, and nothing is lost', async () => {
    const { port: inner, clock } = opened({ kind: 'queue' })
    const answers = [false, 'broken', true]
    const port = interceptPort(inner, [
      {
        beforeReceive: () => {
          const answer = answers.shift()
          if (answer === 'broken') throw new Error('broken')
          return answer === true
        },
      },
    ])
    const got: number[] = []
    port.consume({ name: 'c' }, (delivery) => {
      got.push(delivery.attempt)
      void delivery.ack()
    })
    await port.send(note('m'))
    await clock.advance(1_999)
    expect(got).toEqual([])
    expect(answers).toEqual([true])
    await clock.advance(1)
    expect(got).toEqual([3])
  })

  test('C12: a direct sender waits while its consumer is vetoed', async () => {
    const { port: inner, clock } = opened({ kind: 'direct' })
    let open = false
    const port = interceptPort(inner, [{ beforeReceive: () => open }])
    port.consume({ name: 'c' }, (delivery) => void delivery.ack())
    let sent = false
    void Promise.resolve(port.send(note('m'))).then(() => (sent = true))
    await clock.advance(999)
    expect(sent).toBe(false)
    open = true
    await clock.advance(1)
    expect(sent).toBe(true)
    expect(inner.stats.settled).toBe(1)
  })
})

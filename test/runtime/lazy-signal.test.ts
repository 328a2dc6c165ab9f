/** A signal that is made when somebody asks for it is the same as one that was there all the time. */
import { LazySignal } from 'allora'
import { expect, test } from 'vitest'
import type { SendOptions } from '../../src/transport/transport.ts'
import { CopyableSignal } from '../../src/message/lazy-signal.ts'

test('asked for before or after, the signal is aborted with the first reason', () => {
  const before = new LazySignal()
  const { signal } = before
  before.abort('first')
  before.abort('second')
  expect([signal.aborted, signal.reason, before.signal]).toEqual([true, 'first', signal])

  const after = new LazySignal()
  after.abort('first')
  after.abort('second')
  expect([after.signal.aborted, after.signal.reason, after.aborted]).toEqual([true, 'first', true])
  expect(() => after.throwIfAborted()).toThrow('first')
})

test('a signal that nobody aborts is not aborted', () => {
  const lazy = new LazySignal()
  lazy.throwIfAborted()
  expect([lazy.aborted, lazy.signal.aborted]).toEqual([false, false])
})

test('its listener hears of it once, unless it has left', () => {
  const [heard, left] = [new LazySignal(), new LazySignal()]
  const calls: string[] = []
  heard.addEventListener('abort', { handleEvent: () => calls.push('heard') })
  left.addEventListener('abort', { handleEvent: () => calls.push('left') })
  left.removeEventListener()
  for (const signal of [heard, left]) signal.abort('why')
  heard.abort('again')
  expect(calls).toEqual(['heard'])
})

test('a copy of options has their signal', () => {
  const signal = new CopyableSignal()
  const options: SendOptions = signal
  const copy: SendOptions = { ...options, delay: 5 }
  signal.abort('why')
  expect([copy.signal?.aborted, copy.signal?.reason, copy.signal]).toEqual([true, 'why', signal.signal])
})

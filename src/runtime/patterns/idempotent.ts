/** The idempotent receiver: each key passes once (rule T12). */
import { describeValue } from '../../errors/describe-value.ts'
import { CorrelationError } from '../../errors/handling-errors.ts'
import { unusableResult } from '../../errors/unusable-result.ts'
import type { IdempotentNode } from '../../graph/graph.ts'
import { MemoryKeyStore } from '../../memory/memory-key-store.ts'
import type { KeyStore } from '../../message/key-store.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Frame } from '../frame.ts'
import { promiseOf } from '../outcome.ts'
import { lent } from '../resilience/lent.ts'
import { type Next, SUSPENDED, type Step } from '../step.ts'
import { discard } from './dropping.ts'
import { tellStore } from './telling-stores.ts'

/** `idempotent`: a key is reserved when its message comes, committed when the message has been handled, released when that failed. */
export function idempotent(of: Behaviour, step: Step, node: IdempotentNode): void {
  const { host } = of
  const keyOf = of.answering('key', node.key)!
  const store = node.store === undefined ? new MemoryKeyStore(host.clock) : (of.fn(node.store)() as KeyStore)
  const duplicates = of.maybe(node.discardTo)
  /** Those that have a key or ask for it, by its name. */
  const inWork = new Map<string, Set<Frame>>()
  /** Says whether a message is the only one of these now. */
  const join = (frame: Frame, name: string): boolean => {
    const { whole } = frame
    const those = inWork.get(name) ?? new Set()
    if (those.has(whole)) throw ownKey(name)
    inWork.set(name, those.add(whole))
    frame.whenEnded(() => {
      those.delete(whole)
      if (those.size === 0) inWork.delete(name)
    })
    return those.size === 1
  }
  const decide = (frame: Frame, name: string, isNew: unknown): Next => {
    if (typeof isNew !== 'boolean') throw noVerdict(isNew)
    if (isNew) {
      // In a group the message counts as handled, so that nobody waits for others to come; should what it becomes fail, it may come again.
      let newAgain = Infinity
      frame.whenEnded((succeeded) => {
        if (!succeeded) return
        newAgain = host.clock.now() + (node.window ?? Infinity)
        return tellStore(() => store.commit(name, node.window), `commit the key "${name}"`, step, host)
      })
      frame.whenSettled((succeeded) => {
        // After its time another message may have it.
        if (succeeded || host.clock.now() >= newAgain) return
        return tellStore(() => store.release(name), `release the key "${name}"`, step, host)
      })
      return step.next
    }
    return discard(frame, duplicates, 'duplicate', step, host)
  }
  step.enter = (frame) => {
    const name = nameOf(keyOf(frame.payload, frame), step)
    const isAlone = join(frame, name)
    const reserved: unknown = isAlone ? store.reserve(name) : lent(frame, frame.signal, async () => store.reserve(name))
    const pending = typeof reserved === 'object' ? promiseOf(reserved) : undefined
    if (pending === undefined) return decide(frame, name, reserved)
    frame.pending = pending.then((isNew) => [name, isNew] as const)
    return SUSPENDED
  }
  step.resume = (frame, value) => {
    const [name, isNew] = value as readonly [string, unknown]
    return decide(frame, name, isNew)
  }
}

/** What a store knows a key by. The number 1 and the text "1" are two keys; whatever cannot be told apart by a text is none. */
function nameOf(key: unknown, { flowId, id }: Step): string {
  if (typeof key === 'string') return `${flowId}/${id}/${key}`
  if (typeof key === 'bigint' || (typeof key === 'number' && !Number.isNaN(key))) return `${flowId}/${id}#${key}`
  throw new CorrelationError(
    `The function of key must give text or a number, but it gave ${key === undefined ? 'undefined' : describeValue(key)}, so nothing tells whether the message has come before. Give a key for every message, or filter those without one before.`,
  )
}

const noVerdict = (came: unknown): Error =>
  unusableResult(
    'The reserve of the store',
    'true or false, or a promise of it',
    came,
    'Correct the store: true for a new key, false for one that was handled.',
  )

const ownKey = (name: string): CorrelationError =>
  new CorrelationError(
    `The message has been here before, in an earlier turn of a loop, with the same key "${name}". It would wait for its own end. Give each turn a key of its own, or put idempotent before the loop.`,
  )

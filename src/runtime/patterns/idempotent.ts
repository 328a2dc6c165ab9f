/** The idempotent receiver: each key passes once (rule T12). */
import type { IdempotentNode } from '../../graph/graph.ts'
import { MemoryKeyStore } from '../../memory/memory-key-store.ts'
import type { KeyStore } from '../../message/key-store.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Frame } from '../frame.ts'
import { type Next, SUSPENDED, type Step } from '../step.ts'
import { discard } from './dropping.ts'
import { tellStore } from './telling-stores.ts'

/** `idempotent`: a key is reserved when its message comes, committed when the message has been handled, released when that failed. */
export function idempotent(of: Behaviour, step: Step, node: IdempotentNode): void {
  const { host } = of
  const key = of.fn(node.key)
  const store = node.store === undefined ? new MemoryKeyStore(host.clock) : (of.fn(node.store)() as KeyStore)
  const duplicates = of.maybe(node.discardTo)
  const decide = (frame: Frame, name: string, isNew: boolean): Next => {
    if (isNew) {
      // In a group the message counts as handled, so that nobody waits for others to come; should what it becomes fail, it may come again.
      frame.whenEnded((succeeded) => {
        if (succeeded) return tellStore(() => store.commit(name, node.window), `commit the key "${name}"`, step, host)
      })
      frame.whenSettled((succeeded) => {
        if (!succeeded) return tellStore(() => store.release(name), `release the key "${name}"`, step, host)
      })
      return step.next
    }
    return discard(frame, duplicates, 'duplicate', step, host)
  }
  step.enter = (frame) => {
    const name = `${step.flowId}/${step.id}/${String(key(frame.payload, frame))}`
    const reserved = store.reserve(name)
    if (typeof reserved === 'boolean') return decide(frame, name, reserved)
    frame.pending = reserved.then((isNew) => [name, isNew] as const)
    return SUSPENDED
  }
  step.resume = (frame, value) => {
    const [name, isNew] = value as readonly [string, boolean]
    return decide(frame, name, isNew)
  }
}

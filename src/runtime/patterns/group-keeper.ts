/** Keeps the groups of one aggregator in a store (rule T6). */
import type { GroupStore, StoredGroups, StoredMember, StoredMessage } from '../../message/group-store.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import type { Next, Step } from '../step.ts'
import { tellStore } from './telling-stores.ts'

/** See above. What comes for one key waits while a message of that key is being kept, so that the store knows what memory knows. */
export class GroupKeeper {
  private readonly store: GroupStore
  private readonly name: string
  private readonly step: Step
  private readonly host: RunnerHost
  /** Resolves when the message of this key is kept. */
  private readonly busy = new Map<unknown, Promise<void>>()

  constructor(store: GroupStore, step: Step, host: RunnerHost) {
    this.store = store
    this.name = `${step.flowId}/${step.id}`
    this.step = step
    this.host = host
  }

  /** The text that stands for a key, in memory too, so that it is the same key after a restart. */
  keyOf(key: unknown): string {
    return typeof key === 'string' ? key : JSON.stringify(key)
  }

  /** Settles when the key is free; `undefined` when it is. */
  busyWith(key: unknown): Promise<void> | undefined {
    return this.busy.get(key)
  }

  /** Keeps the message of a frame and then gives what `goOn` gives: at once, or as something to be called when the promise resolves. */
  keep(key: unknown, frame: Frame, goOn: () => Next): Next | Promise<() => Next> {
    const keeping = this.store.add(this.name, String(key), memberOf(frame, this.host.clock.now()))
    if (!(keeping instanceof Promise)) return goOn()
    const { promise, resolve } = Promise.withResolvers<void>()
    const free = (): void => {
      this.busy.delete(key)
      resolve()
    }
    this.busy.set(key, promise)
    return keeping.then(
      () => () => {
        free()
        return goOn()
      },
      (error: unknown) => {
        free()
        throw error
      },
    )
  }

  async load(): Promise<StoredGroups> {
    return this.store.load(this.name)
  }

  end(key: unknown): void | Promise<void> {
    return this.tell(() => this.store.end(this.name, String(key)), `end the group ${String(key)}`)
  }

  forget(key: unknown): void | Promise<void> {
    return this.tell(() => this.store.forget(this.name, String(key)), `forget the key ${String(key)}`)
  }

  remove(key: unknown, id: string): void | Promise<void> {
    return this.tell(
      () => this.store.remove(this.name, String(key), id),
      `remove a message of the group ${String(key)}`,
    )
  }

  /** What cannot be removed comes again at the next start, with the same ids. */
  private tell(work: () => void | Promise<void>, what: string): void | Promise<void> {
    return tellStore(work, what, this.step, this.host)
  }
}

function memberOf(frame: Frame, at: number): StoredMember {
  const { message, source } = frame
  const origins = Array.from(frame.origins, stored)
  const itself = origins.length === 1 && origins[0]!.id === message.id
  return { at, channelId: source.channelId, message: stored(message), ...(itself ? {} : { origins }) }
}

const stored = ({ id, timestamp, payload, headers }: MessageRecord): StoredMessage => ({
  id,
  timestamp,
  payload,
  headers,
})

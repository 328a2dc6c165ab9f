/** How much a channel holds, and what it gives up when it holds that much. */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'

const DEFAULT_CAPACITY = 1024

/** The capacity of a spec. Throws `InvalidOptionError` unless it is a whole number of at least 1 or `'unbounded'`. */
export function capacityOf(spec: ChannelSpec): number {
  const { capacity = DEFAULT_CAPACITY } = spec
  if (capacity === 'unbounded') return Infinity
  if (Number.isInteger(capacity) && capacity > 0) return capacity
  const fix =
    capacity === 0
      ? 'For a channel without a buffer use a rendezvous channel.'
      : `For a channel without a limit use Infinity ('unbounded' in graph data).`
  throw new InvalidOptionError(
    `The capacity of channel "${spec.id}" must be a whole number of at least 1, but it is ${capacity}. ${fix}`,
    {
      channelId: spec.id,
    },
  )
}

/** The policies that accept a message for which there is no room, and drop one; `undefined` = there is another policy. */
export function droppingOf({ kind, overflow }: ChannelSpec): 'dropOldest' | 'dropNewest' | undefined {
  if (kind === 'rendezvous') return undefined
  return overflow === 'dropOldest' || overflow === 'dropNewest' ? overflow : undefined
}

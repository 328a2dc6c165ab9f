/** Channels that a function selects by their ids, among those that its node names. */
import { describeValue, quote } from '../../errors/describe-value.ts'
import { RoutingError } from '../../errors/handling-errors.ts'
import type { BoundChannel } from '../bound-channel.ts'

/** The channels a node names, by id. */
export type Selectable = ReadonlyMap<unknown, BoundChannel>

/** The channel of an id. Throws a `RoutingError` when the node does not name it. */
export function selectedChannel(id: unknown, channels: Selectable): BoundChannel {
  const channel = channels.get(id)
  if (channel !== undefined) return channel
  const known = [...channels.keys()].map((name) => quote(String(name))).join(', ')
  throw new RoutingError(
    `The selector gave ${describeValue(id)}, which is none of its channels: ${known}. Add the channel, or correct the selector.`,
  )
}

/** The channels of a list of ids. Throws a `RoutingError` when it is no list. */
export function selectedChannels(ids: unknown, channels: Selectable): BoundChannel[] {
  if (Array.isArray(ids)) return ids.map((id: unknown) => selectedChannel(id, channels))
  throw new RoutingError(
    `The selector gave ${describeValue(ids)}, but it must give a list of channel ids. Return an array.`,
  )
}

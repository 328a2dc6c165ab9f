/** Where an aggregator keeps its groups; give it one of your own to have them outlive the process. */
import type { HeadersInit } from './headers.ts'

/**
 * Keeps the messages of groups that are not complete. A message counts as handled when it is kept; at the next start its group goes on,
 * with its timeout as if nothing had happened. One runtime at a time may use what is kept for an aggregator.
 */
export interface GroupStore {
  /** What is kept for an aggregator, by its name `<flow>/<node>`; asked once at the start. */
  load(aggregator: string): StoredGroups | Promise<StoredGroups>
  /** Keeps a message in the group of a key, behind those that are there. The same message (by its id) again changes nothing. */
  add(aggregator: string, key: string, member: StoredMember): void | Promise<void>
  /** A message leaves its group: it has failed there, and is kept elsewhere. */
  remove(aggregator: string, key: string, messageId: string): void | Promise<void>
  /** The group is over: its messages go, its key is remembered to tell what comes late. */
  end(aggregator: string, key: string): void | Promise<void>
  /** Nothing is to be known of a key any more. */
  forget(aggregator: string, key: string): void | Promise<void>
}

/** What is kept for one aggregator. */
export interface StoredGroups {
  /** The oldest first. */
  readonly open: readonly StoredGroup[]
  /** Keys of groups that are over, the oldest first. */
  readonly over: readonly string[]
}

/** A group that is not complete. */
export interface StoredGroup {
  readonly key: string
  /** In the order they came; at least one. */
  readonly members: readonly StoredMember[]
}

/** A message of a group. */
export interface StoredMember {
  /** When it came, in milliseconds since 1970. */
  readonly at: number
  /** The channel its flow took it from. */
  readonly channelId: string
  readonly message: StoredMessage
  /** As it, or what it was made of, entered the flow; absent when that is the message itself. */
  readonly origins?: readonly StoredMessage[]
}

/** A message as data. */
export interface StoredMessage {
  readonly id: string
  readonly timestamp: number
  readonly payload: unknown
  readonly headers: HeadersInit
}

/** What the tests of the memory transport share. */
import type { ChannelSpec } from '../../src/graph/graph.ts'
import { memory } from '../../src/memory/memory.ts'
import { restoreMessage } from '../../src/message/message.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.ts'
import type { AnyMessage, ChannelPort, Transport, TransportEnv } from '../../src/transport/transport.ts'

/** An environment that is told only what the test cares about. */
export function openEnv(parts: Partial<TransportEnv> = {}): TransportEnv {
  return {
    clock: virtualClock(),
    random: Math.random,
    functions: {},
    onExpired: () => {},
    onDropped: () => {},
    ...parts,
  }
}

/** A channel with its clock. */
export interface Opened {
  readonly port: ChannelPort
  readonly clock: VirtualClock
  readonly transport: Transport
}

/** Opens the channel `c`. */
export function opened(spec: Omit<ChannelSpec, 'id'>, env: Partial<TransportEnv> = {}): Opened {
  const clock = virtualClock(1_000)
  const transport = memory()
  void transport.open([{ id: 'c', ...spec }], openEnv({ clock, ...env }))
  return { port: transport.port('c'), clock, transport }
}

/** A message with the given id, which is its payload, too. */
export function note(id: string, headers: { readonly [name: string]: unknown } = {}): AnyMessage {
  return restoreMessage({ id, timestamp: 0, payload: id, headers })
}

/** How often a property is tried. */
export const RUNS: { readonly numRuns: number } = { numRuns: process.env['CI'] === undefined ? 200 : 1_000 }

/** The memory transport: channels in this process, synchronous where they can be. */
import { UnknownChannelError } from '../errors/channel-errors.ts'
import type { ChannelKind, ChannelSpec } from '../graph/graph.ts'
import type { ChannelPort, Leftover, Transport, TransportCapabilities, TransportEnv } from '../transport/transport.ts'
import { BufferedPort } from './buffered-port.ts'
import { DirectPort } from './direct-port.ts'
import type { MemoryPort } from './memory-port.ts'
import { PubsubPort } from './pubsub-port.ts'

/**
 * Makes a transport that keeps messages in memory: the default of every runtime. Messages are handed over as they are, not copied; what is
 * left when it closes is named and gone.
 *
 * @example
 * ```ts
 * import { memory } from 'allora'
 *
 * const transport = memory()
 * transport.name // => 'memory'
 * transport.capabilities.durable // => false
 * ```
 */
export function memory(): Transport {
  return new MemoryTransport()
}

const CAPABILITIES: TransportCapabilities = Object.freeze({
  durable: false,
  order: 'total',
  delay: true,
  priority: true,
  dedupe: false,
  transactions: false,
  groups: true,
  replay: false,
  bounded: true,
  synchronous: true,
  correlation: true,
})

const PORTS: { readonly [K in ChannelKind]: new (spec: ChannelSpec, env: TransportEnv) => MemoryPort } = {
  direct: DirectPort,
  queue: BufferedPort,
  priority: BufferedPort,
  rendezvous: BufferedPort,
  pubsub: PubsubPort,
}

class MemoryTransport implements Transport {
  readonly name = 'memory'
  readonly capabilities: TransportCapabilities = CAPABILITIES
  private readonly ports = new Map<string, MemoryPort>()

  open(channels: readonly ChannelSpec[], env: TransportEnv): void {
    for (const spec of channels) this.ports.set(spec.id, new PORTS[spec.kind](spec, env))
  }

  port(channelId: string): ChannelPort {
    const port = this.ports.get(channelId)
    if (port !== undefined) return port
    const known = [...this.ports.keys()].map((id) => `"${id}"`).join(', ')
    throw new UnknownChannelError(
      `The memory transport has no channel "${channelId}"; it was opened with ${known === '' ? 'no channel' : known}. Open the channel before asking for its port.`,
      { channelId },
    )
  }

  close(): readonly Leftover[] {
    return [...this.ports.values()].flatMap((port) => port.shutDown())
  }
}

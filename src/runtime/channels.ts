/** The channels of a runtime: which transport serves each, opened and closed together. */
import { UnknownChannelError } from '../errors/channel-errors.ts'
import { UnknownTransportError } from '../errors/lifecycle-errors.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import type { AppGraph, ChannelSpec } from '../graph/graph.ts'
import { memory } from '../memory/memory.ts'
import type { ChannelInterceptor } from '../transport/interceptors.ts'
import type { Leftover, Transport, TransportEnv } from '../transport/transport.ts'
import { BoundChannel } from './bound-channel.ts'
import type { EventHub } from './events.ts'
import type { Instrumentation } from './instrumentation.ts'
import { WATCHED_PORTS } from './later.ts'

/** What binds channels to transports. */
export interface ChannelsOptions {
  /** By the name channels give; `default` serves the others. */
  readonly transports: Readonly<Record<string, Transport>>
  readonly interceptors: Readonly<Record<string, readonly ChannelInterceptor[]>>
  readonly env: TransportEnv
  readonly events: EventHub
  readonly instrumentation?: Instrumentation | undefined
}

const NONE: readonly ChannelInterceptor[] = []

/** The registry of bound channels. */
export class Channels {
  private readonly specs: ReadonlyMap<string, ChannelSpec>
  private readonly options: ChannelsOptions
  private readonly bound = new Map<string, BoundChannel>()
  private opened: Transport[] = []

  constructor(graph: AppGraph, options: ChannelsOptions) {
    this.specs = mergedSpecs(graph)
    this.options = options
  }

  get all(): Iterable<BoundChannel> {
    return this.bound.values()
  }

  /** Throws `UnknownChannelError` for an id that the app does not declare. */
  get(id: string): BoundChannel {
    return this.bound.get(id) ?? this.unknown(id)
  }

  /** Whether the app declares the channel; throws `UnknownChannelError` when not. */
  require(id: string): ChannelSpec {
    return this.specs.get(id) ?? this.unknown(id)
  }

  /** Opens every transport with its channels; after a failure, `close` closes those that were. */
  async open(): Promise<void> {
    const { transports, env, interceptors } = this.options
    for (const id of Object.keys(interceptors)) this.require(id)
    const byTransport = new Map<Transport, ChannelSpec[]>()
    for (const spec of this.specs.values()) {
      const transport = this.transportOf(spec, transports)
      const specs = byTransport.get(transport)
      if (specs === undefined) byTransport.set(transport, [spec])
      else specs.push(spec)
    }
    for (const [transport, specs] of byTransport) {
      this.opened.push(transport)
      await transport.open(specs, env)
      for (const { id } of specs) this.bound.set(id, this.bind(transport, id))
    }
  }

  /** Closes every transport and names what is left in their channels. Rejects, once all have been asked, when one could not be closed. */
  async close(): Promise<readonly Leftover[]> {
    const opened = this.opened
    this.opened = []
    const leftovers: Leftover[] = []
    const failures: unknown[] = []
    for (const transport of opened) {
      try {
        leftovers.push(...(await transport.close()))
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return leftovers
  }

  private bind(transport: Transport, id: string): BoundChannel {
    const { interceptors, events, instrumentation } = this.options
    const own = Object.hasOwn(interceptors, id) ? interceptors[id]! : NONE
    const port = transport.port(id)
    const watched = instrumentation === undefined ? port : new WATCHED_PORTS.here.WatchedPort(port, instrumentation)
    return new BoundChannel(watched, own, transport.capabilities.synchronous, events)
  }

  private fallback: Transport | undefined = undefined

  private transportOf(spec: ChannelSpec, transports: Readonly<Record<string, Transport>>): Transport {
    const name = spec.transport ?? 'default'
    // A direct channel hands over in the sender's own context: there is nothing to carry.
    if (spec.transport === undefined && spec.kind === 'direct') return (this.fallback ??= memory())
    const transport = Object.hasOwn(transports, name) ? transports[name] : undefined
    if (transport !== undefined) return transport
    if (spec.transport === undefined) return (this.fallback ??= memory())
    throw new UnknownTransportError(
      `Channel "${spec.id}" is bound to transport "${name}", which the runtime was not given. ${didYouMean(name, Object.keys(transports))}Pass it as runtime(app, { transports: { ${JSON.stringify(name)}: ... } }).`,
      { channelId: spec.id },
    )
  }

  private unknown(id: string): never {
    throw new UnknownChannelError(
      `There is no channel ${JSON.stringify(id)} in this app. ${didYouMean(id, this.specs.keys())}Its channels are ${[...this.specs.keys()].map((known) => JSON.stringify(known)).join(', ')}.`,
      { channelId: id },
    )
  }
}

/** Each channel with every option that any flow gives it; `check` has refused those that contradict each other. */
function mergedSpecs(graph: AppGraph): ReadonlyMap<string, ChannelSpec> {
  const specs = new Map<string, ChannelSpec>()
  for (const { channels } of [...graph.flows, { channels: graph.channels ?? [] }]) {
    for (const spec of channels) {
      const known = specs.get(spec.id)
      specs.set(spec.id, known === undefined ? spec : { ...known, ...spec })
    }
  }
  return specs
}

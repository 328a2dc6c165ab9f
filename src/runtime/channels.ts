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

/** A channel of the app. */
interface Declared {
  spec: ChannelSpec
  /** There once it is open. */
  bound: BoundChannel | undefined
}

/** The registry of bound channels. */
export class Channels {
  private readonly declared: ReadonlyMap<string, Declared>
  private readonly options: ChannelsOptions
  private opened: Transport[] = []
  /** The one asked for last: who sends to one channel only looks nothing up. */
  private last: BoundChannel | undefined = undefined

  constructor(graph: AppGraph, options: ChannelsOptions) {
    this.declared = channelsOf(graph)
    this.options = options
  }

  /** Those that are open. */
  get all(): readonly BoundChannel[] {
    return [...this.declared.values()].flatMap(({ bound }) => bound ?? [])
  }

  /** Throws `UnknownChannelError` for an id that the app does not declare. */
  get(id: string): BoundChannel {
    const { last } = this
    if (last?.id === id) return last
    return (this.last = this.declared.get(id)?.bound ?? this.unknown(id))
  }

  /** Whether the app declares the channel; throws `UnknownChannelError` when not. */
  require(id: string): ChannelSpec {
    return this.declared.get(id)?.spec ?? this.unknown(id)
  }

  /** Opens every transport with its channels; after a failure, `close` closes those that were. */
  async open(): Promise<void> {
    const { transports, env, interceptors } = this.options
    for (const id of Object.keys(interceptors)) this.require(id)
    const byTransport = Map.groupBy(this.declared.values(), ({ spec }) => this.transportOf(spec, transports))
    for (const [transport, channels] of byTransport) {
      this.opened.push(transport)
      await transport.open(
        channels.map(({ spec }) => spec),
        env,
      )
      for (const channel of channels) channel.bound = this.bind(transport, channel.spec.id)
    }
    this.last = undefined
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
      `There is no channel ${JSON.stringify(id)} in this app. ${didYouMean(id, this.declared.keys())}Its channels are ${[...this.declared.keys()].map((known) => JSON.stringify(known)).join(', ')}.`,
      { channelId: id },
    )
  }
}

/** Each channel with every option that any flow gives it; `check` has refused those that contradict each other. */
function channelsOf({ flows, channels = [] }: AppGraph): ReadonlyMap<string, Declared> {
  const all = new Map<string, Declared>()
  for (const flow of flows) declare(all, flow.channels)
  declare(all, channels)
  return all
}

function declare(all: Map<string, Declared>, channels: readonly ChannelSpec[]): void {
  for (const spec of channels) {
    const known = all.get(spec.id)
    if (known === undefined) all.set(spec.id, { spec, bound: undefined })
    else known.spec = { ...known.spec, ...spec }
  }
}

/** Messages on their way from one runtime to the next: taken out of its channels, and put in before anything else comes. */
import { capacityOf } from '../memory/capacity.ts'
import { memory } from '../memory/memory.ts'
import type { ChannelKind, AppGraph } from '../graph/graph.ts'
import type { PollableChannel } from '../runtime/channel.ts'
import type { AnyMessage, ChannelPort, Transport } from '../transport/transport.ts'

/** A message and the channel it waited in. */
export interface KeptMessage {
  readonly channelId: string
  readonly message: AnyMessage
  /** When its delay is over, in milliseconds since 1970; absent = it may go on at once. */
  readonly due?: number
}

/** When messages that wait in the channel of a delay may go on. */
const DUE = new WeakMap<AnyMessage, number>()

const BUFFERED: readonly ChannelKind[] = ['queue', 'priority']

/** The channels whose messages would be gone with the runtime: those in memory that hold messages. */
export function keptChannels({ flows, channels: loose = [] }: AppGraph): readonly string[] {
  const specs = [...flows.flatMap(({ channels }) => channels), ...loose]
  return [
    ...new Set(
      specs.filter(({ kind, transport }) => BUFFERED.includes(kind) && transport === undefined).map(({ id }) => id),
    ),
  ]
}

/** Takes the messages out of the channels, oldest first. */
export async function takeOut(
  runtime: { channel(id: string): object },
  channels: readonly string[],
): Promise<readonly KeptMessage[]> {
  const kept: KeptMessage[] = []
  for (const channelId of channels) {
    const messages = await (runtime.channel(channelId) as PollableChannel<unknown>).purge()
    kept.push(...(messages as readonly AnyMessage[]).map((message) => keptMessage(channelId, message)))
  }
  return kept
}

function keptMessage(channelId: string, message: AnyMessage): KeptMessage {
  const due = DUE.get(message)
  return { channelId, message, ...(due !== undefined && { due }) }
}

/** A memory transport that has these messages from the start. `homeless` gets those without a channel, or without room in it. */
export function holding(
  { flows }: AppGraph,
  kept: readonly KeptMessage[],
  homeless: (message: KeptMessage) => void,
): Transport {
  const transport = memory()
  const delays = new Set(
    flows.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'delay' ? [node.channel] : []))),
  )
  const ports = new Map<string, ChannelPort>()
  return {
    name: transport.name,
    capabilities: transport.capabilities,
    async open(channels, env) {
      await transport.open(channels, env)
      const ids = new Set(channels.filter(({ kind }) => BUFFERED.includes(kind)).map(({ id }) => id))
      for (const each of kept) {
        if (!ids.has(each.channelId) || !taken(transport.port(each.channelId), each)) homeless(each)
        else if (each.due !== undefined) DUE.set(each.message, each.due)
      }
    },
    port(id) {
      if (!delays.has(id)) return transport.port(id)
      const known = ports.get(id) ?? noting(transport.port(id))
      ports.set(id, known)
      return known
    },
    close: () => transport.close(),
  }
}

/** Whether a channel has the message now. */
function taken(port: ChannelPort, { message, due = 0 }: KeptMessage): boolean {
  const delay = due - Date.now()
  if (delay <= 0) return port.trySend(message)
  const { buffered, inFlight } = port.stats
  if (buffered + inFlight >= capacityOf(port.spec)) return false
  void port.send(message, { delay })
  return true
}

/** The port of a delay, which notes until when each message is held. */
function noting(port: ChannelPort): ChannelPort {
  const send: ChannelPort['send'] = (message, options) => {
    if (options?.delay !== undefined) DUE.set(message, Date.now() + options.delay)
    return port.send(message, options)
  }
  return new Proxy(port, {
    get(target, key) {
      if (key === 'send') return send
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

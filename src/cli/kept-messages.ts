/** Messages on their way from one runtime to the next: taken out of its channels, and put in before anything else comes. */
import { memory } from '../memory/memory.ts'
import type { ChannelKind, AppGraph } from '../graph/graph.ts'
import type { PollableChannel } from '../runtime/channel.ts'
import type { AnyMessage, Transport } from '../transport/transport.ts'

/** A message and the channel it waited in. */
export interface KeptMessage {
  readonly channelId: string
  readonly message: AnyMessage
}

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
    kept.push(...messages.map((message) => ({ channelId, message: message as AnyMessage })))
  }
  return kept
}

/** A memory transport that has these messages from the start. `homeless` gets those without a channel, or without room in it. */
export function holding(kept: readonly KeptMessage[], homeless: (message: KeptMessage) => void): Transport {
  const transport = memory()
  return {
    name: transport.name,
    capabilities: transport.capabilities,
    async open(channels, env) {
      await transport.open(channels, env)
      const ids = new Set(channels.filter(({ kind }) => BUFFERED.includes(kind)).map(({ id }) => id))
      for (const each of kept) {
        const housed = ids.has(each.channelId) && transport.port(each.channelId).trySend(each.message)
        if (!housed) homeless(each)
      }
    },
    port: (id) => transport.port(id),
    close: () => transport.close(),
  }
}

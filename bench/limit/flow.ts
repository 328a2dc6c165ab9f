/** The hand-written builder: the same frozen data, made by the same calls, and nothing checked. */
import { LimitMessage } from './message.ts'
import { LimitQueue } from './queue.ts'

type Service = (payload: number) => number

interface Step {
  readonly before: Step | undefined
  readonly kind: 'inlet' | 'handle' | 'outlet'
  readonly channel?: string
  readonly service?: Service
}

interface LimitNode {
  readonly id: string
  readonly kind: Step['kind']
  readonly channel?: string
  readonly service?: string
}

/** A flow as data, with its functions beside it. */
interface LimitFlow {
  readonly graph: {
    readonly id: string
    readonly channels: readonly object[]
    readonly nodes: readonly LimitNode[]
    readonly edges: readonly object[]
  }
  readonly functions: Readonly<Record<string, Service>>
}

/** A flow half built. */
export class LimitBuilder {
  private readonly id: string
  private readonly last: Step

  private constructor(id: string, last: Step) {
    this.id = id
    this.last = last
    Object.freeze(this)
  }

  static from(id: string, channel: string): LimitBuilder {
    return new LimitBuilder(id, { before: undefined, kind: 'inlet', channel })
  }

  handle(service: Service): LimitBuilder {
    return new LimitBuilder(this.id, { before: this.last, kind: 'handle', service })
  }

  to(channel: string): LimitBuilder {
    return new LimitBuilder(this.id, { before: this.last, kind: 'outlet', channel })
  }

  build(): LimitFlow {
    const steps: Step[] = []
    for (let step: Step | undefined = this.last; step !== undefined; step = step.before) steps.unshift(step)
    const functions = Object.create(null) as Record<string, Service>
    const channels: object[] = []
    const nodes = steps.map(({ kind, channel, service }, i): LimitNode => {
      const id = `n${i}`
      if (channel !== undefined) {
        channels.push(Object.freeze({ id: channel, kind: kind === 'inlet' ? 'direct' : 'queue' }))
        return Object.freeze({ id, kind, channel })
      }
      const name = `${this.id}/${id}`
      functions[name] = service!
      return Object.freeze({ id, kind, service: name })
    })
    const edges = nodes.slice(1).map(({ id }, i) => Object.freeze({ from: nodes[i]!.id, to: id }))
    const graph = {
      id: this.id,
      channels: Object.freeze(channels),
      nodes: Object.freeze(nodes),
      edges: Object.freeze(edges),
    }
    return Object.freeze({ graph: Object.freeze(graph), functions: Object.freeze(functions) })
  }
}

/** What flows are sent to and received from, by the ids of their channels. */
export interface LimitRuntime {
  readonly inputs: ReadonlyMap<string, (payload: number) => Promise<void>>
  readonly outputs: ReadonlyMap<string, LimitQueue<LimitMessage>>
}

/** Starts them. */
export function startByHand(flows: readonly LimitFlow[]): LimitRuntime {
  const inputs = new Map<string, (payload: number) => Promise<void>>()
  const outputs = new Map<string, LimitQueue<LimitMessage>>()
  for (const { graph, functions } of flows) {
    const [inlet, handle, outlet] = graph.nodes
    const service = functions[handle!.service!]!
    const output = new LimitQueue<LimitMessage>()
    outputs.set(outlet!.channel!, output)
    inputs.set(inlet!.channel!, async (payload) => {
      const full = output.put(new LimitMessage(service(payload)))
      if (full !== undefined) await full
    })
  }
  return { inputs, outputs }
}

/** Arbitrary small apps with something to send to them: every step, every channel kind, handlers that fail in every way. */
import { type App, type ChannelKind, app, direct, flow, message, priority, pubsub, queue, rendezvous } from 'allora'
import fc, { type Arbitrary } from 'fast-check'
import { left, right } from 'fp-ts/lib/Either.js'
import type { AnyFlow } from '../../src/flow/flow-def.ts'

/** What travels: a number, a list, or what enrich made of one. */
export type Value = number | readonly Value[] | { readonly [property: string]: Value }

/** Gives a value some time later. */
export type Later = (value: unknown) => Promise<unknown>

/** Flows, each of which sends only to later ones, and what is sent to them. Numbers choose among what there is. */
export interface Program {
  readonly flows: readonly FlowPlan[]
  readonly batch: readonly Item[]
}

/** One send, or a request where the flow replies. */
export interface Item {
  readonly flow: number
  readonly value: Value
  readonly request: boolean
}

interface FlowPlan {
  readonly kind: ChannelKind
  readonly small: boolean
  /** `pubsub` with `await: 'handled'`. */
  readonly handled: boolean
  /** Subscribes to the pubsub channel of the flow before. */
  readonly shares: boolean
  readonly concurrency: number
  readonly replies: boolean
  readonly stages: readonly Stage[]
  readonly ends: readonly number[]
  /** It ends in those of its ends that a function names. */
  readonly computed: boolean
}

type Stage =
  | { readonly do: 'transform' | 'handle' | 'setHeader' | 'onError' | 'enrich' | 'log'; readonly seed: number }
  | { readonly do: 'validate'; readonly seed: number; readonly otherwise: 'fail' | 'discard' }
  | { readonly do: 'loop'; readonly body: readonly Stage[]; readonly seed: number; readonly max: number }
  | { readonly do: 'filter'; readonly seed: number; readonly otherwise: 'drop' | 'fail' | 'discard' }
  | { readonly do: 'tap' | 'call'; readonly to: number }
  | { readonly do: 'through'; readonly kind: ChannelKind }
  | { readonly do: 'split' | 'errorsTo' | 'removeHeaders' }
  | { readonly do: 'gather'; readonly parts: readonly Stage[]; readonly seed: number }
  | {
      readonly do: 'route'
      readonly seed: number
      readonly a: readonly Stage[]
      readonly b: readonly Stage[]
      readonly ends: boolean
      readonly otherwise: boolean
    }

const seed = fc.nat(50)
const small = fc.nat(9)
const kind = fc.constantFrom<ChannelKind>('direct', 'queue', 'priority', 'rendezvous', 'pubsub')

const { stages }: { readonly stages: Arbitrary<readonly Stage[]> } = fc.letrec<{
  stages: readonly Stage[]
  stage: Stage
}>((tie) => ({
  stages: fc.array(tie('stage'), { maxLength: 4 }),
  stage: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      do: fc.constantFrom(
        'transform' as const,
        'handle' as const,
        'handle' as const,
        'setHeader' as const,
        'onError' as const,
        'enrich' as const,
        'log' as const,
      ),
      seed,
    }),
    fc.record({
      do: fc.constant('validate' as const),
      seed,
      otherwise: fc.constantFrom('fail' as const, 'discard' as const),
    }),
    fc.record({ do: fc.constant('loop' as const), body: tie('stages'), seed, max: fc.integer({ min: 1, max: 4 }) }),
    fc.record({
      do: fc.constant('filter' as const),
      seed,
      otherwise: fc.constantFrom('drop' as const, 'fail' as const, 'discard' as const),
    }),
    fc.record({ do: fc.constantFrom('tap' as const, 'call' as const), to: small }),
    fc.record({ do: fc.constant('through' as const), kind }),
    fc.record({ do: fc.constantFrom('split' as const, 'errorsTo' as const, 'removeHeaders' as const) }),
    fc.record({ do: fc.constant('gather' as const), parts: tie('stages'), seed }),
    fc.record({
      do: fc.constant('route' as const),
      seed,
      a: tie('stages'),
      b: tie('stages'),
      ends: fc.boolean(),
      otherwise: fc.boolean(),
    }),
  ),
}))

const { value }: { readonly value: Arbitrary<Value> } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, small, fc.array(tie('value'), { maxLength: 4 })),
}))

/** Programs of up to four flows and six messages. */
export const program: Arbitrary<Program> = fc.record({
  flows: fc.array(
    fc.record({
      kind,
      small: fc.boolean(),
      handled: fc.boolean(),
      shares: fc.boolean(),
      concurrency: fc.constantFrom(1, 1, 2),
      replies: fc.boolean(),
      stages,
      ends: fc.array(small, { minLength: 1, maxLength: 3 }),
      computed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  batch: fc.array(fc.record({ flow: small, value, request: fc.boolean() }), { minLength: 1, maxLength: 6 }),
})

/** The builder without its types: what is built here no compiler can know. */
interface Chain {
  readonly state: { readonly failing: readonly string[] }
  readonly [operator: string]: unknown
  build(): AnyFlow
}
type Token = ReturnType<typeof tokenOf>

/** A program as an app. The flow of each item is at its index, modulo their number. */
export function built({ flows }: Program, later: Later): App<AnyFlow> {
  const tokens: Token[] = []
  flows.forEach((plan, i) => tokens.push(isShared(flows, i) ? tokens[i - 1]! : tokenOf(`c${i}`, plan.kind, plan)))
  const defs: AnyFlow[] = []
  for (let i = flows.length - 1; i >= 0; i--) defs[i] = new Builder(flows, tokens, defs, i, later).flow()
  return app(...(defs as never[]))
}

const isShared = (flows: readonly FlowPlan[], i: number): boolean =>
  i > 0 && flows[i]!.shares && [flows[i]!, flows[i - 1]!].every(({ kind: it, replies }) => it === 'pubsub' && !replies)

function tokenOf(id: string, of: ChannelKind, options: { readonly small?: boolean; readonly handled?: boolean } = {}) {
  const capacity = options.small === true ? { capacity: 1 } : {}
  if (of === 'direct') return direct(id)
  if (of === 'rendezvous') return rendezvous(id)
  if (of === 'pubsub') return pubsub(id, options.handled === true ? { await: 'handled' } : {})
  return of === 'queue' ? queue(id, capacity) : priority(id, capacity)
}

class Builder {
  private readonly plan: FlowPlan
  private readonly later: Later
  private readonly source: Token
  /** Where a message may be sent from here: the channels of later flows, and one that nobody consumes. */
  private readonly targets: readonly Token[]
  private readonly taps: readonly Token[]
  private readonly callees: readonly AnyFlow[]
  private readonly id: string
  private readonly first: boolean
  private throughs = 0

  constructor(
    flows: readonly FlowPlan[],
    tokens: readonly Token[],
    defs: readonly AnyFlow[],
    index: number,
    later: Later,
  ) {
    const after = tokens.map((_, i) => i).filter((i) => i > index && tokens[i] !== tokens[index])
    this.id = `f${index}`
    this.first = index === 0
    this.plan = flows[index]!
    this.later = later
    this.source = tokens[index]!
    this.targets = [...new Set(after.map((i) => tokens[i]!)), queue('out')]
    // A tap does not wait, so what it meets must always have room.
    this.taps = [
      ...new Set(after.filter((i) => flows[i]!.kind !== 'rendezvous' && !flows[i]!.small).map((i) => tokens[i]!)),
      queue('seen'),
    ]
    this.callees = after.filter((i) => flows[i]!.replies).map((i) => defs[i]!)
  }

  /**
   * Whether messages may come that were split elsewhere. Recovered between a split and its aggregate, one would wait there for the other
   * parts, which may never come.
   */
  private get mayGetParts(): boolean {
    return !this.first || this.throughs > 0
  }

  flow(): AnyFlow {
    const { kind: of, concurrency, stages: all, replies, ends, computed } = this.plan
    const parallel = of === 'queue' || of === 'priority' || of === 'rendezvous' ? { concurrency } : {}
    const chain = this.stages(
      (flow(this.id) as unknown as Chain & { from(...args: unknown[]): Chain }).from(this.source, parallel),
      all,
      { loose: !replies, through: true },
    )
    if (replies) return chain.build()
    const to = [...new Set(ends.map((n) => pick(this.targets, n)))]
    if (computed) return call(chain, 'recipients', this.chosen(to), to).build()
    return (to.length === 1 ? call(chain, 'to', to[0]) : call(chain, 'toEach', to)).build()
  }

  /** `loose`: messages may leave on the way, or become several. `through`: another channel may come between. */
  private stages(
    start: Chain,
    all: readonly Stage[],
    may: { readonly loose: boolean; readonly through: boolean; readonly looping?: boolean },
  ): Chain {
    return all.reduce((chain, stage) => {
      switch (stage.do) {
        case 'transform':
        case 'handle':
          return call(chain, stage.do, this.handler(stage.seed))
        case 'setHeader':
          return call(chain, 'setHeader', 'h', this.handler(stage.seed))
        case 'enrich':
          return call(chain, 'enrich', 'more', this.handler(stage.seed))
        case 'log':
          return call(chain, 'log', this.handler(stage.seed), { level: 'debug' })
        case 'removeHeaders':
          return call(chain, 'removeHeaders', ['h'])
        case 'validate': {
          const to = may.loose && stage.otherwise === 'discard' ? { invalidTo: pick(this.targets, stage.seed) } : {}
          return call(chain, 'validate', this.schema(stage.seed), to)
        }
        case 'loop': {
          if (may.looping === true) return chain
          const inside = { loose: false, through: false, looping: true }
          return call(chain, 'loop', (turn: Chain) => this.stages(turn, stage.body, inside), {
            while: this.predicate(stage.seed),
            max: stage.max,
          })
        }
        case 'onError':
          return chain.state.failing.length === 0 || (!may.through && this.mayGetParts)
            ? chain
            : call(chain, 'onError', this.recovery(stage.seed))
        case 'errorsTo':
          return chain.state.failing.length === 0 ? chain : call(chain, 'errorsTo', queue('errors'))
        case 'filter': {
          const discard = may.loose ? { discardTo: pick(this.targets, stage.seed) } : {}
          return call(
            chain,
            'filter',
            this.predicate(stage.seed),
            { drop: {}, fail: { reject: 'error' }, discard }[stage.otherwise],
          )
        }
        case 'tap':
          return call(chain, 'tap', pick(this.taps, stage.to))
        case 'call':
          return this.callees.length === 0 ? chain : call(chain, 'call', pick(this.callees, stage.to))
        case 'through':
          return may.through ? call(chain, 'through', tokenOf(`${this.id}.${this.throughs++}`, stage.kind)) : chain
        case 'split':
          return may.loose && may.through ? call(chain, 'split') : chain
        case 'gather':
          return call(
            this.stages(call(chain, 'split'), stage.parts, { ...may, loose: false, through: false }),
            'aggregate',
            {
              combine: this.handler(stage.seed),
            },
          )
        case 'route':
          return call(
            chain,
            'routeBy',
            this.selector(stage.seed),
            {
              a: (branch: Chain) =>
                may.loose && stage.ends
                  ? call(this.stages(branch, stage.a, may), 'to', pick(this.targets, stage.seed))
                  : this.stages(branch, stage.a, may),
              b: (branch: Chain) => this.stages(branch, stage.b, may),
            },
            stage.otherwise ? { otherwise: (branch: Chain) => branch } : {},
          )
      }
    }, start)
  }

  private handler(of: number): (value: Value) => unknown {
    return (it) =>
      this.outcome(
        total(it) + of,
        total(it) % 3 === 0 ? Array.from({ length: total(it) % 4 }, (_, i) => i + of) : (total(it) + of) % 10,
      )
  }

  private recovery(of: number): (failure: { readonly kind: string }) => unknown {
    return (failure) => this.outcome(failure.kind.length + of, -of)
  }

  private predicate(of: number): (value: Value) => unknown {
    return (it) => this.outcome(total(it) * 3 + of, (total(it) + of) % 3 > 0)
  }

  private schema(of: number): object {
    const validate = (it: Value): unknown =>
      total(it) % 4 === of % 4
        ? { issues: [{ message: `no ${of}` }] }
        : this.later({ value: total(it) % 2 ? it : total(it) })
    return { '~standard': { version: 1, vendor: 'test', validate } }
  }

  private chosen(to: readonly Token[]): (value: Value) => unknown {
    return (it) =>
      this.outcome(
        total(it) * 7,
        to.filter((_, i) => (total(it) >> i) % 2 === 0).map(({ id }) => id),
      )
  }

  private selector(of: number): (value: Value) => unknown {
    return (it) => this.outcome(total(it) * 5 + of, ['a', 'b', 'c'][(total(it) + of) % 3])
  }

  /** The result in one of all forms, or one of all ways to fail, by a number. */
  private outcome(n: number, result: unknown): unknown {
    switch (n % 16) {
      case 0:
        throw new Error(`thrown ${n}`)
      case 1:
        return this.later(n).then(() => Promise.reject(new Error(`rejected ${n}`)))
      case 2:
        return left(`left ${n}`)
      case 3:
        return this.later(left(`later left ${n}`))
      case 4:
        return right(result)
      case 5:
        return () => this.later(right(result))
      case 6:
        return message(result, { h: n })
      case 7:
      case 8:
        return this.later(result)
      default:
        return result
    }
  }
}

const call = (chain: Chain, operator: string, ...args: readonly unknown[]): Chain =>
  (chain[operator] as (...args: readonly unknown[]) => Chain)(...args)

const pick = <T>(from: readonly T[], n: number): T => from[n % from.length]!

function total(it: Value): number {
  if (typeof it === 'number') return Math.abs(it)
  const parts: readonly Value[] = Object.values(it)
  return parts.reduce<number>((sum, part) => sum + total(part), parts.length)
}

/** The types of branches: what a route gives to each and makes of what they end with. */
import type { AnyChannel } from './channel-token.ts'
import type { Flow, SealedFlow } from './flow.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { StepOptions } from './step-options.ts'

declare const result: unique symbol

/** What a branch must return: a chain that began with the branch it was given. */
export interface BranchEnd {
  readonly [result]: unknown
}

/** What a chain has come to: payload, headers, typed errors, channels and services used. */
export interface FlowResult<out P, out H, out E, out R> extends BranchEnd {
  readonly [result]: { readonly payload: P; readonly headers: H; readonly error: E; readonly refs: R }
}

/**
 * The start of a branch, or of a loop's turn: what a function takes that is used in several routes. It has no channel of its own, so its
 * source is `never`. A type parameter for the headers lets it stand in any flow, whatever headers are set there.
 *
 * @example
 * ```ts
 * import { type Branch, app, direct, flow, queue, runtime } from 'allora'
 *
 * interface Goods {
 *   readonly kilos: number
 * }
 *
 * const weigh = <P extends Goods, H>(branch: Branch<P, H>) => branch.transform(({ kilos }) => `${kilos} kg`)
 *
 * const labels = flow()
 *   .from(direct('goods').of<Goods & { readonly kind: 'tea' | 'rice' | 'air' }>())
 *   .route('kind', { tea: weigh, rice: weigh, air: (branch) => branch.transform(() => 'nothing') })
 *   .to(queue('labels'))
 *   .build()
 *
 * await using rt = await runtime(app(labels)).start()
 * await rt.send('goods', { kind: 'tea', kilos: 3 })
 * const { payload } = await rt.channel('labels').receive()
 * payload // => '3 kg'
 * ```
 */
export type Branch<P, H> = Flow<never, P, H, never, never>

type Tag<T> = T extends string ? (string extends T ? never : T) : never

/** Keys that hold a string literal in every member of `P`: a route can go by them. */
export type TagKey<P, K extends keyof P = keyof P> = K extends string ? ([P[K]] extends [Tag<P[K]>] ? K : never) : never

/** {@link TagKey}, or a sentence where there is none. */
export type RouteKey<P> = [TagKey<P>] extends [never]
  ? FlowTypeError<'route(key) goes by a property that holds a string literal in every member of the payload, and this payload has none: use routeBy(selector, cases), for a boolean such as routeBy((payload) => `${payload.ok}`, { true: ..., false: ... })'>
  : TagKey<P>

/** The cases of a route by `K`. */
export type TagOf<P, K> = K extends keyof P ? P[K] & string : never

/** The members of `P` that can have the case `V`. */
type Narrow<P, K, V> = P extends unknown ? (V extends TagOf<P, K> ? P : never) : never
/** What no case in `V` takes. */
export type Rest<P, K, V> = P extends { readonly [k in K & string]: V } ? never : P

/** One branch per tag. */
export type TagBranches<P, H, K, Ends> = {
  readonly [V in keyof Ends]: (
    branch: V extends TagOf<P, K>
      ? Branch<Narrow<P, K, V>, H>
      : FlowTypeError<`no message of this route has the case "${V & string}": remove it or correct its name`>,
  ) => Ends[V]
}

/** One branch per value of a selector. */
export type SelectorBranches<P, H, Case, Ends> = {
  readonly [V in keyof Ends]: (
    branch: V extends Case
      ? Branch<P, H>
      : FlowTypeError<`the selector never gives "${V & string}": remove the case or correct its name`>,
  ) => Ends[V]
}

/** The options of a route that has a branch for what no case takes. */
export interface Otherwise<P, H, End> extends StepOptions {
  readonly otherwise: (branch: Branch<P, H>) => End
}

type PayloadAfter<End> = End extends FlowResult<infer P, unknown, unknown, unknown> ? P : never
type HeadersAfterBranch<End> = End extends FlowResult<unknown, infer H, unknown, unknown> ? H : never

/** The headers where branches meet: one that not all of them set may be missing. */
type JoinedHeaders<H> = [KeysIn<H>] extends [keyof H]
  ? H
  : Pick<H, keyof H> & { readonly [K in Exclude<KeysIn<H>, keyof H>]?: ValueIn<H, K> } extends infer J
    ? { readonly [K in keyof J]: J[K] }
    : never
type KeysIn<H> = H extends unknown ? keyof H : never
type ValueIn<H, K> = H extends unknown ? (K extends keyof H ? H[K] : never) : never

/** The typed errors that branches ended with. */
export type ErrorsAfter<End> = End extends FlowResult<unknown, unknown, infer E, unknown> ? E : never
/** The channels and services that branches used. */
export type RefsAfter<End> = End extends FlowResult<unknown, unknown, unknown, infer R> ? R : never

/** A branch that was not sent somewhere. It is known by a method: by its payload it would stay open in a function of any payload. */
interface GoesOn {
  readonly to: unknown
}

/** What a route goes on as: the union of its branches, or sealed when none goes on. */
export type Joined<Src extends AnyChannel, E, R, End> = [Extract<End, GoesOn>] extends [never]
  ? SealedFlow<Src, E | ErrorsAfter<End>, R | RefsAfter<End>>
  : Flow<Src, PayloadAfter<End>, JoinedHeaders<HeadersAfterBranch<End>>, E | ErrorsAfter<End>, R | RefsAfter<End>>

/** The branches of a scatter-gather, by name. Each goes on to its end, where its payload is the reply. */
export type AskedBranches<P, H, Ends> = {
  readonly [K in keyof Ends]: (
    branch: Branch<P, H>,
  ) => Ends[K] &
    ([Ends[K]] extends [GoesOn]
      ? unknown
      : [Ends[K]] extends [FlowResult<never, unknown, unknown, unknown>]
        ? FlowTypeError<'a branch of scatterGather replies with its last payload, and this one ends in a channel: leave .to out'>
        : unknown)
}

/** The replies of branches by name; each may be missing where failures are left out. */
export type Gathered<Ends, Policy> = Policy extends 'omit'
  ? { readonly [K in keyof Ends]?: PayloadAfter<Ends[K]> }
  : { readonly [K in keyof Ends]: PayloadAfter<Ends[K]> }

/** The typed errors of the branches, where they fail the message. */
export type GatherErrors<Ends, Policy> = Policy extends 'omit' ? never : ErrorsAfter<Ends[keyof Ends]>

/** The headers behind a loop, which may have had no turn: as before it, but for those that its body takes away or makes another type. */
export type HeadersAfterLoop<H, End> = { is: HeadersAfterBranch<End> } extends { is: H }
  ? H
  : JoinedHeaders<H | HeadersAfterBranch<End>>

/** The body of a loop: it may end with any payload that it can begin with. */
export type LoopBody<P, End> = End &
  ({ is: PayloadAfter<End> } extends { is: P }
    ? unknown
    : FlowTypeError<'the body of a loop must end with the payload it begins with: make it the same type again'>)

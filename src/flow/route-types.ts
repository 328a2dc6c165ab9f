/** The types of branches: what a route gives to each and makes of what they end with. */
import type { AnyChannel } from './channel-token.ts'
import type { Flow, SealedFlow } from './flow.ts'
import type { FlowTypeError } from './flow-type-error.ts'

declare const result: unique symbol

/** What a branch must return: a chain that began with the branch it was given. */
export interface BranchEnd {
  readonly [result]: unknown
}

/** What a chain has come to: payload, headers, typed errors, channels and services used. */
export interface FlowResult<out P, out H, out E, out R> extends BranchEnd {
  readonly [result]: { readonly payload: P; readonly headers: H; readonly error: E; readonly refs: R }
}

/** The start of a branch. It has no channel of its own, so its source is `never`. */
export type Branch<P, H> = Flow<never, P, H, never, never>

type Tag<T> = T extends string ? (string extends T ? never : T) : never

/** Keys that hold a string literal in every member of `P`: a route can go by them. */
export type TagKey<P> = { [K in keyof P]-?: [P[K]] extends [Tag<P[K]>] ? K : never }[keyof P] & string

/** {@link TagKey}, or a sentence where there is none. */
export type RouteKey<P> = [TagKey<P>] extends [never]
  ? FlowTypeError<'route(key) goes by a property that holds a string literal in every member of the payload, and this payload has none: use routeBy(selector, cases)'>
  : TagKey<P>

/** The cases of a route by `K`. */
export type TagOf<P, K> = K extends keyof P ? P[K] & string : never

type Narrow<P, K, V> = P extends { readonly [k in K & string]: V } ? P : never
type Rest<P, K, V> = P extends { readonly [k in K & string]: V } ? never : P

/** One branch per tag; the compiler's message for a tag that no payload has. */
export type TagBranches<P, H, K, Ends> = {
  readonly [V in keyof Ends]: V extends TagOf<P, K>
    ? (branch: Branch<Narrow<P, K, V>, H>) => Ends[V]
    : FlowTypeError<`no payload has "${V & string}" here: the cases are "${TagOf<P, K>}"`>
}

/** One branch per value of a selector. */
export type SelectorBranches<P, H, Case extends string, Ends> = {
  readonly [V in keyof Ends]: V extends Case
    ? (branch: Branch<P, H>) => Ends[V]
    : FlowTypeError<`the selector never gives "${V & string}": it gives "${Case}"`>
}

/** The branch for what no case takes. */
export type OtherwiseBranch<P, H, K, Ends, Other> = (branch: Branch<Rest<P, K, keyof Ends>, H>) => Other

/** Every case has a branch, unless there is an `otherwise`. */
export type CasesFor<Case extends string, Other> = [Other] extends [never] ? { readonly [V in Case]: BranchEnd } : { readonly [V in Case]?: BranchEnd }

type PayloadAfter<End> = End extends FlowResult<infer P, unknown, unknown, unknown> ? P : never
type HeadersAfterBranch<End> = End extends FlowResult<unknown, infer H, unknown, unknown> ? H : never
type ErrorsAfter<End> = End extends FlowResult<unknown, unknown, infer E, unknown> ? E : never
type RefsAfter<End> = End extends FlowResult<unknown, unknown, unknown, infer R> ? R : never

/** What a route goes on as: the union of its branches, or sealed when none goes on. */
export type Joined<Src extends AnyChannel, E, R, End> = [PayloadAfter<End>] extends [never]
  ? SealedFlow<Src, E | ErrorsAfter<End>, R | RefsAfter<End>>
  : Flow<Src, PayloadAfter<End>, HeadersAfterBranch<End>, E | ErrorsAfter<End>, R | RefsAfter<End>>

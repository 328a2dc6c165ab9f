/** The finished flow: its graph, the functions beside it, and its types for `app`. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { FlowGraph } from '../graph/graph.ts'
import type { AnyChannel } from './channel-token.ts'
import type { AnyFunction } from './service.ts'

declare const types: unique symbol
declare const oneWay: unique symbol

/** Stands where a reply's type would, for a flow that ends in a channel. */
export interface OneWay {
  readonly [oneWay]: true
}

/** A finished flow: reads from `Src`, replies `Out`, may fail with `E`, and refers to the channels and services `R`. */
export interface FlowDef<out Src extends AnyChannel, out Out, out E, out R> {
  readonly graph: FlowGraph
  /** By the names in the graph. */
  readonly functions: Readonly<Record<string, AnyFunction>>
  /** Names of services that only the runtime can bind. */
  readonly contracts: readonly string[]
  /** By channel id. */
  readonly schemas: Readonly<Record<string, StandardSchemaV1>>
  /** The flows it calls. */
  readonly calls: readonly AnyFlow[]
  readonly [types]: { readonly src: Src; readonly out: Out; readonly error: E; readonly refs: R }
}

/** Any finished flow. */
export type AnyFlow = FlowDef<AnyChannel, unknown, unknown, unknown>

/** The channel a flow reads from. */
export type SrcOf<F> = F extends FlowDef<infer Src, unknown, unknown, unknown> ? Src : never
/** What a flow replies; {@link OneWay} when it ends in a channel. */
export type OutOf<F> = F extends FlowDef<AnyChannel, infer Out, unknown, unknown> ? Out : never
/** The typed failures a flow can end with. */
export type ErrorOf<F> = F extends FlowDef<AnyChannel, unknown, infer E, unknown> ? E : never
/** The channels and services a flow refers to, as a union. */
export type RefsOf<F> = F extends FlowDef<AnyChannel, unknown, unknown, infer R> ? R : never

/** Whether a flow of this `Out` replies. */
export type Replies<Out> = unknown extends Out
  ? true
  : [Out] extends [never]
    ? true
    : [Out] extends [OneWay]
      ? false
      : true

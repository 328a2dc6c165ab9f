/** The conformance suite: what every channel transport must do, as cases that any test runner can run. */
import assert from 'node:assert/strict'
import type { ChannelKind } from '../graph/graph.ts'
import type { Transport, TransportCapabilities } from '../transport/transport.ts'
import { CLOSING } from './conformance-closing.ts'
import { CONSUMING } from './conformance-consuming.ts'
import { CONTENTS } from './conformance-contents.ts'
import { DIRECT } from './conformance-direct.ts'
import { LOAD } from './conformance-load.ts'
import { PUBSUB } from './conformance-pubsub.ts'
import { type CapabilityNeed, type CaseDefinition, Rig } from './conformance-rig.ts'
import { SENDING } from './conformance-sending.ts'
import { SETTLING } from './conformance-settling.ts'
import { TAKING } from './conformance-taking.ts'

/** One thing a transport must do. */
export interface ConformanceCase {
  /** Unique, with the kind of channel in front. */
  readonly name: string
  /** The rule it proves, such as `C6`. */
  readonly rule: string
  /** Why it does not apply to this transport; `run` then does nothing. */
  readonly skipped?: string
  /** Rejects with an `AssertionError` that says what is wrong. */
  run(): Promise<void>
}

/** How the suite gets its transports. */
export interface ConformanceFactory {
  /** Makes a transport whose channels hold nothing, not opened yet. Called anew for each case. */
  create(): Transport | Promise<Transport>
  /** Makes a transport on the store of the one that was closed last, for those that are `durable`. */
  reopen?(): Transport | Promise<Transport>
  /** Releases what a case has used, after its transport is closed. */
  dispose?(): void | Promise<void>
  /** `virtual`: the transport does all its waiting by the clock it is lent, so the suite lends one that takes no time. */
  readonly clock: 'virtual' | 'system'
  /** The kinds of channels it serves; absent = all. */
  readonly kinds?: readonly ChannelKind[]
  /** What the cases under load are multiplied by; absent = 1: 5,000 messages of 50 producers, 1,000,000 through one channel. */
  readonly load?: number
}

/**
 * Lists what a transport must do according to the capabilities it declares. Cases of capabilities it does not declare are listed as skipped.
 *
 * @example
 * ```ts
 * import { memory } from 'allora'
 * import { channelConformance } from 'allora/testing'
 *
 * const cases = channelConformance({ create: memory, clock: 'virtual' }, memory().capabilities)
 * const first = cases[0]!
 * first.name // => 'queue: take gives the message that was sent'
 * await first.run()
 * ```
 */
export function channelConformance(
  factory: ConformanceFactory,
  capabilities: TransportCapabilities,
): readonly ConformanceCase[] {
  const kinds = factory.kinds ?? ALL_KINDS
  return DEFINITIONS.flatMap((definition) =>
    definition.kinds.map((kind) => toCase(definition, kind, factory, capabilities, kinds.includes(kind))),
  )
}

const ALL_KINDS: readonly ChannelKind[] = ['direct', 'queue', 'priority', 'rendezvous', 'pubsub']

const DEFINITIONS: readonly CaseDefinition[] = [
  ...TAKING,
  ...SENDING,
  ...SETTLING,
  ...CONSUMING,
  ...CLOSING,
  ...CONTENTS,
  ...DIRECT,
  ...PUBSUB,
  ...LOAD,
]

function toCase(
  definition: CaseDefinition,
  kind: ChannelKind,
  factory: ConformanceFactory,
  capabilities: TransportCapabilities,
  served: boolean,
): ConformanceCase {
  const { name, rule, needs = [] } = definition
  const missing = needs.find((need) => !offers(need, factory, capabilities))
  const skipped = !served
    ? `The transport does not serve ${kind} channels.`
    : missing !== undefined
      ? `The transport does not offer: ${missing}.`
      : undefined
  return {
    name: `${kind}: ${name}`,
    rule,
    ...(skipped === undefined ? {} : { skipped }),
    run: async () => {
      if (skipped === undefined) await runCase(definition, kind, factory, capabilities)
    },
  }
}

function offers(need: CapabilityNeed, factory: ConformanceFactory, capabilities: TransportCapabilities): boolean {
  if (need === 'total order') return capabilities.order === 'total'
  if (need === 'reopen') return capabilities.durable && factory.reopen !== undefined
  return capabilities[need]
}

/** Runs a case. Besides what it checks itself, nothing may be left behind, be miscounted, or reject unheard. */
async function runCase(
  definition: CaseDefinition,
  kind: ChannelKind,
  factory: ConformanceFactory,
  capabilities: TransportCapabilities,
): Promise<void> {
  const unheard: unknown[] = []
  const note = (reason: unknown): unknown => unheard.push(reason)
  const rig = new Rig(kind, factory, capabilities)
  process.on('unhandledRejection', note)
  try {
    await rig.start(definition.spec)
    await definition.run(rig)
    await rig.stop()
    await rig.quiet()
    rig.checkTimers()
  } finally {
    process.off('unhandledRejection', note)
    await rig.abandon()
  }
  assert.deepEqual(unheard, [], 'Promises were rejected and nobody was told.')
}

/** A rule about resilience records, part of ALLORA119: policies that can have no effect. */
import type { Diagnostic } from '../diagnostic.ts'
import type { Step } from '../flow-index.ts'
import type { Resilience } from '../graph.ts'
import { resilienceOf, timeoutsOf } from '../resilience.ts'
import { at, theNode } from './wording.ts'

/** What is wrong with a record, and what mends it. */
type Idle = readonly [severity: Diagnostic['severity'], what: string, fix: string]

const OPTIONS = ['retry', 'timeout', 'circuitBreaker', 'concurrency', 'orderBy'] as const

/** Policies that never come to anything. */
export function idleResilience(step: Step, found: Diagnostic[]): void {
  const record = resilienceOf(step.node)
  const option = optionIn(record)
  if (option === undefined) return
  for (const [severity, what, fix] of [...idlePolicies(record), ...idleRecord(step, option)]) {
    found.push({ code: 'ALLORA119', severity, ...at(step), message: `${theNode(step)} ${what}`, fix })
  }
}

/** The first option that is given; most nodes have none. */
function optionIn(record: Resilience): keyof Resilience | undefined {
  for (let i = 0; i < OPTIONS.length; i++) if (record[OPTIONS[i]!] !== undefined) return OPTIONS[i]
  return undefined
}

function* idlePolicies(record: Resilience): Iterable<Idle> {
  const { retry, circuitBreaker } = record
  const shaping = (['factor', 'max', 'jitter'] as const).find((option) => retry?.[option] !== undefined)
  if (shaping !== undefined && retry?.delay === undefined) {
    yield [
      'warning',
      `says what becomes of the delays of its retries (${shaping}), but has no delay.`,
      `Give retry a delay, or remove ${shaping}.`,
    ]
  }
  const { attempt = -1, overall = Infinity } = timeoutsOf(record)
  if (overall <= attempt) {
    yield [
      'warning',
      `has ${attempt} ms for one call, but only ${overall} ms for everything.`,
      'Give it a longer overall timeout, or leave attempt out.',
    ]
  }
  const { failures = 0, window = Infinity } = circuitBreaker ?? {}
  if (window < failures) {
    yield [
      'error',
      `opens its circuit at ${failures} failures of ${window} calls, so never.`,
      'Give it a window of at least as many calls as failures.',
    ]
  }
}

function* idleRecord({ node }: Step, option: keyof Resilience): Iterable<Idle> {
  const calls = node.kind === 'route' ? 'service' in node.by : node.kind !== 'split' || node.service !== undefined
  if (calls) return
  yield ['warning', `calls no function, so its ${option} has no effect.`, `Remove ${option}.`]
}

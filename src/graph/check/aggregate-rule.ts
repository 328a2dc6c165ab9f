/** The rules about aggregators that wait for messages that never come, or may not come: ALLORA107 and ALLORA122. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { AppIndex } from '../app-index.ts'
import type { Step } from '../flow-index.ts'
import type { AggregateNode } from '../graph.ts'
import { at, theNode } from './wording.ts'

/**
 * The splits a message has been through and not been aggregated from, the last one at the end, each as a letter:
 *
 * - `L`, local: the aggregator is told when this split ends, for only one straight path lies between them;
 * - `T`, travelled: behind a route or another split, where a split without parts makes no group;
 * - `C`, left by a channel or a resequencer: only the number of parts says when a group is complete;
 * - in lower case: a filter may have taken parts away;
 * - `*`: deeper than is followed.
 */
type Splits = string

const DEEPEST = 4

/** The aggregators that only a split completes, with the last split of each way there. */
function* openEnded(app: AppIndex): Iterable<readonly [step: Step, lasts: readonly string[]]> {
  if (!app.kinds.has('aggregate')) return
  const steps = app.steps.filter(({ node }) => node.kind === 'aggregate' && !completes(node))
  if (steps.length === 0) return
  const seen = splitsOnTheWay(app)
  for (const step of steps) yield [step, [...(seen.get(step) ?? [])].flatMap((splits) => splits.at(-1) ?? [])]
}

/** ALLORA107: an aggregator without a rule for completing that no split completes. */
export function* endlessGroups(app: AppIndex): Iterable<Diagnostic> {
  for (const [step, lasts] of openEnded(app)) {
    if (lasts.some((last) => last !== 't' && last !== 'c')) continue
    const never = lasts.length === 0
    yield {
      code: 'ALLORA107',
      severity: never ? 'error' : 'warning',
      ...at(step),
      message: never
        ? `${theNode(step)} never completes a group: it has no size, when or timeout, and no split comes before it.`
        : `${theNode(step)} may wait for ever: a filter takes away some of the parts that the size of the split promises.`,
      fix: `Give ${quote(step.node.id)} a timeout, a size or a when.`,
    }
  }
}

/** ALLORA122: an aggregator that is complete by the number of parts alone, which not every split knows. */
export function* unknownSizes(app: AppIndex): Iterable<Diagnostic> {
  for (const [step, lasts] of openEnded(app)) {
    if (!lasts.includes('C')) continue
    yield {
      code: 'ALLORA122',
      severity: 'warning',
      ...at(step),
      message: `${theNode(step)} gathers parts that have left their split, by a channel or a resequencer, and has no timeout: it waits for ever for one that fails on its way, and for the end of a split that does not know how many there are, such as that of a generator.`,
      fix: `Give ${quote(step.node.id)} a timeout, a size or a when.`,
    }
  }
}

/** Part of ALLORA119: a store for groups that are never kept, since they live and die with the message that was split. */
export function* idleStores(app: AppIndex): Iterable<Diagnostic> {
  if (!app.kinds.has('aggregate')) return
  const stored = app.steps.filter(({ node }) => node.kind === 'aggregate' && isStoredBySplit(node))
  if (stored.length === 0) return
  const seen = splitsOnTheWay(app)
  for (const step of stored) {
    const ways = [...(seen.get(step) ?? [])]
    if (ways.length === 0 || !ways.every((splits) => splits.at(-1)?.toLowerCase() === 'l')) continue
    yield {
      code: 'ALLORA119',
      severity: 'warning',
      ...at(step),
      message: `${theNode(step)} has a store, but gathers the parts of the split straight before it, which belong to the message that was split and are not kept.`,
      fix: 'Remove the store, or gather behind a channel.',
    }
  }
}

const isStoredBySplit = ({ store, size, when }: AggregateNode): boolean =>
  store !== undefined && (size ?? when) === undefined

const completes = ({ size, when, timeout }: AggregateNode): boolean => (size ?? when ?? timeout) !== undefined

/** With which splits behind them messages get to each node: followed from every consumer, by edges and channels, until nothing is new. */
function splitsOnTheWay({ steps, consumers }: AppIndex): Map<Step, Set<Splits>> {
  const seen = new Map<Step, Set<Splits>>()
  const open: (readonly [Step, Splits])[] = []
  const arrive = (step: Step, splits: Splits): void => {
    const known = seen.get(step) ?? new Set()
    if (known.has(splits)) return
    seen.set(step, known.add(splits))
    open.push([step, splits])
  }
  const leave = (step: Step, splits: Splits): void => {
    for (const { to } of step.ways) if (to !== undefined) arrive(to, splits)
  }
  for (const step of steps)
    if (step.node.kind !== 'barrier' && step.uses.some(({ consumes }) => consumes)) leave(step, '')
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [step, before] = next
    const splits = behind(step, before)
    for (const { channel } of step.uses) {
      for (const reader of consumers.get(channel) ?? []) leave(reader, left(splits))
    }
    // What is behind a `through` is its consumer's, served above.
    if (step.node.kind !== 'through') leave(step, splits)
  }
  return seen
}

function behind({ node }: Step, splits: Splits): Splits {
  if (node.kind === 'split') return pushed(travelled(splits))
  if (node.kind === 'aggregate') return splits === '*' ? splits : splits.slice(0, -1)
  if (node.kind === 'filter') return splits.slice(0, -1) + splits.slice(-1).toLowerCase()
  if (node.kind === 'resequence') return left(splits)
  return node.kind === 'route' ? travelled(splits) : splits
}

const travelled = (splits: Splits): Splits => splits.replaceAll('L', 'T').replaceAll('l', 't')

const left = (splits: Splits): Splits => splits.replaceAll(/[LT]/g, 'C').replaceAll(/[lt]/g, 'c')

function pushed(splits: Splits): Splits {
  const deeper = `${splits}L`
  return deeper.length <= DEEPEST ? deeper : `*${deeper.slice(2)}`
}

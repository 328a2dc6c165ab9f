/** Makes the aggregator of a node. */
import type { AggregateNode } from '../../graph/graph.ts'
import type { GroupStore } from '../../message/group-store.ts'
import type { Behaviour } from '../behaviour.ts'
import { WATCHING } from '../later.ts'
import { type Step, placeOf } from '../step.ts'
import { Aggregator } from './aggregator.ts'
import { GroupKeeper } from './group-keeper.ts'

/** `aggregate`: the messages of a group become one. */
export function aggregate(of: Behaviour, step: Step, node: AggregateNode): void {
  const keeper =
    node.store === undefined ? undefined : new GroupKeeper(of.fn(node.store)() as GroupStore, step, of.host)
  const parts = {
    correlateBy: of.answering('correlateBy', node.correlateBy),
    when: of.answering('when', node.when),
    combine: combineOf(of, step, node),
    discard: of.maybe(node.discardTo),
    keeper,
  }
  const aggregator = new Aggregator(node, parts, step, of.runner)
  of.aggregators.push([step.index, aggregator])
  step.enter = (frame) => aggregator.enter(frame)
  step.resume = (frame, value) => aggregator.resume(frame, value)
  if (keeper !== undefined) of.kept.push(aggregator)
}

function combineOf(of: Behaviour, step: Step, { combine }: AggregateNode): Function | undefined {
  const { instrumentation } = of.host
  const fn = of.optional(combine)
  return instrumentation === undefined ? fn : WATCHING.here.watchedCombine(fn, placeOf(step), instrumentation)
}

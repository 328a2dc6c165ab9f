/** Steps that have branches: the pure functions that add them to a chain, whoever fills the branches. */
import type { Given } from './describe-node.ts'
import {
  type FlowState,
  addStep,
  closeAskedBranch,
  closeBody,
  closeBranch,
  lastNode,
  openBranch,
} from './flow-state.ts'

/** Adds its steps to the beginning of a branch. */
export type FillBranch = (begin: FlowState, port: string) => FlowState

/** A branch by the name of its case. */
export type NamedBranch = readonly [name: string, fill: FillBranch]

/** Adds a route with its branches, and a join when any of them goes on. */
export function addRoute(
  state: FlowState,
  given: Given,
  cases: readonly NamedBranch[],
  otherwise?: FillBranch,
): FlowState {
  const routed = addStep(state, 'route', {
    cases: cases.map(([name]) => name),
    ...(otherwise !== undefined && { otherwise: true }),
    ...given,
  })
  const { id } = lastNode(routed)
  const ports = cases.map(([name, fill]): NamedBranch => [`case:${name}`, fill])
  if (otherwise !== undefined) ports.push(['otherwise', otherwise])
  const joined = ports.reduce<FlowState>(
    (outer, [port, fill]) => closeBranch(outer, fill(openBranch(outer, id, port), port)),
    { ...routed, tails: [] },
  )
  return joined.tails.length === 0 ? joined : addStep(joined, 'join')
}

/** Adds a scatter-gather with its branches, each of which ends in a reply to it. */
export function addScatterGather(state: FlowState, given: Given, branches: readonly NamedBranch[]): FlowState {
  const asking = addStep(state, 'scatterGather', { branches: branches.map(([name]) => name), ...given })
  const { id } = lastNode(asking)
  return branches.reduce((outer, [name, fill]) => {
    const port = `branch:${name}`
    return closeAskedBranch(outer, addStep(fill(openBranch(outer, id, port), port), 'gather'))
  }, asking)
}

/** Adds a loop with its body, which leads back to it. */
export function addLoop(state: FlowState, given: Given, fill: FillBranch): FlowState {
  const looping = addStep(state, 'loop', given)
  const { id } = lastNode(looping)
  return closeBody(looping, id, fill(openBranch(looping, id, 'body'), 'body'))
}

/** The content-based router: by a discriminant of the payload or by a selector (rule T3). */
import { describeValue, quote } from '../../errors/describe-value.ts'
import { RoutingError } from '../../errors/handling-errors.ts'
import type { RouteNode } from '../../graph/graph.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'

/** Where the branches of a route begin, by case name. */
export type Branches = ReadonlyMap<unknown, Step>

/** Chooses the branch; `otherwise` is where unknown cases go, absent when they fail. */
export function route(
  step: Step,
  node: RouteNode,
  branches: Branches,
  otherwise: Step | undefined,
  selector: Function | undefined,
): void {
  const find = finder(branches)
  const choose = (name: unknown): Step => {
    const first = find(name) ?? otherwise
    if (first === undefined) throw noCase(node, name)
    return first
  }
  if ('key' in node.by) {
    const { key } = node.by
    step.enter = (frame) => choose((frame.payload as { readonly [key: string]: unknown } | null | undefined)?.[key])
    return
  }
  calling(step, selector!, (_, name) => choose(name))
}

/** Cases up to which it is quicker to compare with each than to look one up. */
const FEW = 8

function finder(branches: Branches): (name: unknown) => Step | undefined {
  if (branches.size > FEW) return (name) => branches.get(name)
  const names = [...branches.keys()]
  const firsts = [...branches.values()]
  return (name) => firsts[names.indexOf(name)]
}

function noCase(node: RouteNode, name: unknown): RoutingError {
  const came =
    'key' in node.by
      ? `"${node.by.key}" of the payload is ${describeValue(name)}`
      : `the selector gave ${describeValue(name)}`
  const known = node.cases.map(quote).join(', ')
  return new RoutingError(
    `No case takes the message: ${came}, and the cases are ${known}. Add the case, or give the route an { otherwise }.`,
  )
}

/** What nodes refer to: channels and functions, read off by the tables of shape.ts. */
import type { FunctionName, GraphNode, RouteNode } from './graph.ts'
import { type ChannelRole, type Field, NODE_SHAPES } from './shape.ts'

/** A channel and how a node uses it. */
export interface ChannelUse extends ChannelRole {
  readonly channel: string
}

/** The channels a node names, in the order of its fields. */
export function channelUses(node: GraphNode): ChannelUse[] {
  return given(node).flatMap(([field, value]) => {
    if (field.type !== 'channel' && field.type !== 'channels') return []
    const { consumes, sends } = field
    return [value as string | readonly string[]].flat().map((channel) => ({ channel, consumes, sends }))
  })
}

/** The functions a node names, in the order of its fields. */
export function functionNames(node: GraphNode): FunctionName[] {
  return given(node).flatMap(([field, value]) => {
    if (field.type === 'function') return [value as FunctionName]
    return field.type === 'selector' ? selectors(value as RouteNode['by']) : []
  })
}

const selectors = (by: RouteNode['by']): FunctionName[] => ('service' in by ? [by.service] : [])

/** The fields of a node that are there, with their values. */
function given(node: GraphNode): (readonly [Field, unknown])[] {
  const fields: Readonly<Record<string, Field>> = NODE_SHAPES[node.kind].fields
  return Object.entries(node).flatMap(([key, value]) => {
    const field = fields[key]
    return field === undefined || value === undefined ? [] : [[field, value] as const]
  })
}

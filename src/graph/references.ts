/** What nodes refer to: channels and functions, read off by the tables of shape.ts. */
import type { FunctionName, GraphNode, RouteNode } from './graph.ts'
import type { ChannelRole, Field } from './field.ts'
import { NODE_SHAPES } from './shape.ts'

/** A channel and how a node uses it. */
export interface ChannelUse extends ChannelRole {
  readonly channel: string
}

/** The channels a node names, in the order of its fields. */
export function channelUses(node: GraphNode): ChannelUse[] {
  return given(NODE_SHAPES[node.kind].fields, node).flatMap(([field, value]) => {
    if (field.type !== 'channel' && field.type !== 'channels') return []
    const { consumes, sends } = field
    return [value as string | readonly string[]].flat().map((channel) => ({ channel, consumes, sends }))
  })
}

/** Whether a node waits for a reply to what it sends. */
export function asks({ kind }: GraphNode): boolean {
  return kind === 'call' || kind === 'routingSlip' || kind === 'dynamicRoute'
}

/** The functions a node names, in the order of its fields. */
export function functionNames(node: GraphNode): FunctionName[] {
  return functionsOf(NODE_SHAPES[node.kind].fields, node)
}

type Fields = Readonly<Record<string, Field>>

function functionsOf(fields: Fields, data: object): FunctionName[] {
  return given(fields, data).flatMap(([field, value]) => {
    if (field.type === 'function') return [value as FunctionName]
    if (field.type === 'record') return functionsOf(field.fields, Object(value) as object)
    return field.type === 'selector' ? selectors(value as RouteNode['by']) : []
  })
}

const selectors = (by: RouteNode['by']): FunctionName[] => ('service' in by ? [by.service] : [])

/** The fields that are there, with their values. */
function given(fields: Fields, data: object): (readonly [Field, unknown])[] {
  return Object.entries(data).flatMap(([key, value]) => {
    const field = fields[key]
    return field === undefined || value === undefined ? [] : [[field, value] as const]
  })
}

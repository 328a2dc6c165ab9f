/** What nodes refer to: channels and functions, read off by the tables of shape.ts. */
import { appended } from './appended.ts'
import type { FunctionName, GraphNode, RouteNode } from './graph.ts'
import { type ChannelField, type ChannelRole, type ChannelsField, type Fields, fieldsOfTypes } from './field.ts'
import { NODE_SHAPES } from './shape.ts'

/** A channel and how a node uses it. */
export interface ChannelUse extends ChannelRole {
  readonly channel: string
}

const channelFields = fieldsOfTypes('channel', 'channels')
const functionFields = fieldsOfTypes('function', 'record', 'selector')

/** The channels a node names, in the order of its fields. */
export function channelUses(node: GraphNode): ChannelUse[] {
  let uses: ChannelUse[] = []
  const rows = channelFields(NODE_SHAPES[node.kind].fields)
  for (let i = 0; i < rows.length; i++) {
    const { key, field } = rows[i]!
    const named = valueOf(node, key)
    if (named === undefined) continue
    const { consumes, sends } = field as ChannelField | ChannelsField
    if (field.type === 'channel') uses = appended(uses, { channel: named as string, consumes, sends })
    else for (const channel of named as readonly string[]) uses = appended(uses, { channel, consumes, sends })
  }
  return uses
}

/** Whether a node waits for a reply to what it sends. */
export function asks({ kind }: Pick<GraphNode, 'kind'>): boolean {
  return kind === 'call' || kind === 'routingSlip' || kind === 'dynamicRoute'
}

/** The functions a node names, in the order of its fields. */
export function functionNames(node: GraphNode): FunctionName[] {
  return functionsOf(NODE_SHAPES[node.kind].fields, node)
}

function functionsOf(fields: Fields, data: object): FunctionName[] {
  let names: FunctionName[] = []
  if (functionFields(fields).length === 0) return names
  const keys = Object.keys(data)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const field = fields[key]
    const value = valueOf(data, key)
    if (field === undefined || value === undefined) continue
    if (field.type === 'function') names = appended(names, value as FunctionName)
    else if (field.type === 'record') names.push(...functionsOf(field.fields, Object(value) as object))
    else if (field.type === 'selector') names.push(...selectors(value as RouteNode['by']))
  }
  return names
}

const selectors = (by: RouteNode['by']): FunctionName[] => ('service' in by ? [by.service] : [])

const valueOf = (data: object, key: string): unknown => (data as Readonly<Record<string, unknown>>)[key]

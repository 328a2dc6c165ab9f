/** What nodes refer to: channels and functions, read off by the tables of shape.ts. */
import { appended } from './appended.ts'
import type { FunctionName, GraphNode, RouteNode } from './graph.ts'
import type { ChannelRole, Field } from './field.ts'
import { NODE_SHAPES } from './shape.ts'

/** A channel and how a node uses it. */
export interface ChannelUse extends ChannelRole {
  readonly channel: string
}

/** The channels a node names, in the order of its fields. */
export function channelUses(node: GraphNode): ChannelUse[] {
  let uses: ChannelUse[] = []
  forEachGiven(NODE_SHAPES[node.kind].fields, node, (field, value) => {
    if (field.type !== 'channel' && field.type !== 'channels') return
    const { consumes, sends } = field
    for (const channel of field.type === 'channel' ? [value as string] : (value as readonly string[]))
      uses = appended(uses, { channel, consumes, sends })
  })
  return uses
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
  const names: FunctionName[] = []
  forEachGiven(fields, data, (field, value) => {
    if (field.type === 'function') names.push(value as FunctionName)
    else if (field.type === 'record') names.push(...functionsOf(field.fields, Object(value) as object))
    else if (field.type === 'selector') names.push(...selectors(value as RouteNode['by']))
  })
  return names
}

const selectors = (by: RouteNode['by']): FunctionName[] => ('service' in by ? [by.service] : [])

/** Shows the fields that are there, with their values. */
function forEachGiven(fields: Fields, data: object, show: (field: Field, value: unknown) => void): void {
  for (const key of Object.keys(data)) {
    const field = fields[key]
    const value = (data as Readonly<Record<string, unknown>>)[key]
    if (field !== undefined && value !== undefined) show(field, value)
  }
}

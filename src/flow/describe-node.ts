/** From what an operator is given to the data of its node: functions and tokens become names, everything else is checked. */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { describeValue, quote } from '../errors/describe-value.ts'
import { InvalidNameError, InvalidStepError } from '../errors/flow-errors.ts'
import { noOption } from '../graph/did-you-mean.ts'
import type { Field, Fields } from '../graph/field.ts'
import type { GraphNode, NodeKind } from '../graph/graph.ts'
import { NODE_SHAPES } from '../graph/shape.ts'
import { isChannelToken } from './channel-token.ts'
import { type FlowParts, addChannel, addService } from './flow-parts.ts'
import { type AnyFunction, serviceEntry } from './service.ts'

/** The fields of a node as its operator is given them: with functions and tokens where the graph has their names. */
export type Given = Readonly<Record<string, unknown>>

/** Which node is described. */
export interface Place {
  readonly flowId: string
  readonly nodeId: string
  readonly kind: NodeKind
}

/** The node as data. What it names is added to the parts. */
export function describeNode(parts: FlowParts, place: Place, given: Given): GraphNode {
  // Most nodes have up to four properties, for which this has room.
  const node: Record<string, unknown> = {}
  node['id'] = place.nodeId
  node['kind'] = place.kind
  describeFields(node, parts, place, NODE_SHAPES[place.kind].fields, given)
  // The fields are those of the kind's row in NODE_SHAPES, which has those of its interface.
  return node as unknown as GraphNode
}

const OPERATORS: Partial<Record<NodeKind, string>> = {
  inlet: 'from',
  source: 'from',
  outlet: 'to',
  sink: 'to',
  recipients: 'toEach',
  recipientList: 'recipients',
  recover: 'onError',
  errorOutlet: 'errorsTo',
}

/** What users call the operator that makes nodes of this kind. */
export function operatorOf(kind: NodeKind): string {
  return OPERATORS[kind] ?? kind
}

type Spot = Place & { readonly name: string; readonly field: Field }

/** Adds the fields of a node, or of the option of this name, to its data. */
function describeFields(
  data: Record<string, unknown>,
  parts: FlowParts,
  place: Place,
  fields: Fields,
  given: Given,
  option?: string,
): void {
  refuseUnknown(place, given, fields, option)
  const { flowId, nodeId, kind } = place
  // Counted, as in what follows: nothing of a flow is made more often than this.
  const keys = Object.keys(fields)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const field = fields[key]!
    const value = given[key]
    if (key === 'id' || (value === undefined && field.optional === true)) continue
    const name = option === undefined ? key : `${option}.${key}`
    data[key] = describeField(parts, { flowId, nodeId, kind, name, field }, value)
  }
}

function describeField(parts: FlowParts, spot: Spot, value: unknown): unknown {
  switch (spot.field.type) {
    case 'function':
      return describeFunction(parts, spot, value)
    case 'selector':
      return typeof value === 'object' ? value : { service: describeFunction(parts, spot, value) }
    case 'channel':
      return describeChannel(parts, spot, value)
    case 'channels':
      if (!Array.isArray(value)) throw mismatch(spot, "an array of channels, such as [queue('orders')]", value)
      if (value.length === 0) throw mismatch(spot, 'at least one channel', value)
      return value.map((token: unknown) => describeChannel(parts, spot, token))
    case 'number':
      if (!isNumber(value, spot.field.least, spot.field.whole))
        throw invalid(spot, `a ${spot.field.whole ? 'whole ' : ''}number from ${spot.field.least}`, value)
      return value
    case 'oneOf':
      if (!spot.field.values.includes(value as string))
        throw invalid(spot, spot.field.values.map(quote).join(' or '), value)
      return value
    case 'id':
      if (typeof value !== 'string' || value === '') throw invalid(spot, 'text that is not empty', value)
      if (spot.field.member && value === '__proto__') throw noMember(spot)
      return value
    case 'record': {
      const { orNumber, fields } = spot.field
      if (orNumber !== undefined && typeof value === 'number')
        return describeField(parts, { ...spot, field: { ...orNumber, optional: true } }, value)
      if (typeof value !== 'object' || value === null)
        throw invalid(spot, `an object${orNumber === undefined ? '' : ' or a number'}`, value)
      const data = {}
      describeFields(data, parts, spot, fields, value as Given, spot.name)
      return data
    }
    // What follows the builder makes itself.
    case 'text':
    case 'texts':
    case 'flag':
    case 'flow':
      return value
  }
}

function describeFunction(parts: FlowParts, spot: Spot, value: unknown): string {
  if (typeof value !== 'function') throw mismatch(spot, 'a function, such as (payload) => payload.id', value)
  const fn = value as AnyFunction
  const entry = serviceEntry(fn) ?? { name: lambdaName(spot), fn }
  addService(parts, entry)
  return entry.name
}

function describeChannel(parts: FlowParts, spot: Spot, value: unknown): string {
  if (!isChannelToken(value)) throw mismatch(spot, "a channel, such as queue('orders')", value)
  addChannel(parts, value)
  return value.id
}

/** The fields that a node is about. Their functions are named by the node alone, others by their option too. */
const PRIMARY: ReadonlySet<string> = new Set(['service', 'by', 'adapter', 'label', 'channel', 'channels'])

const isPrimary = (name: string): boolean => PRIMARY.has(name)

const lambdaName = ({ flowId, nodeId, name }: Spot): string => `${flowId}/${nodeId}${isPrimary(name) ? '' : `.${name}`}`

const isNumber = (value: unknown, least: number, whole: boolean): boolean =>
  (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) && (value as number) >= least

function refuseUnknown(
  { flowId, nodeId, kind }: Place,
  given: Given,
  fields: Fields,
  option: string | undefined,
): void {
  const unknown = unknownName(given, fields)
  if (unknown === undefined) return
  const options =
    option === undefined
      ? ['id', ...Object.keys(fields).filter((name) => fields[name]!.optional === true && !isPrimary(name))]
      : Object.keys(fields)
  throw new InvalidOptionError(
    noOption(`Flow "${flowId}", node "${nodeId}": ${option ?? operatorOf(kind)}`, unknown, options),
    { flowId, nodeId },
  )
}

function unknownName(given: Given, fields: Fields): string | undefined {
  const names = Object.keys(given)
  for (let i = 0; i < names.length; i++) if (!Object.hasOwn(fields, names[i]!)) return names[i]
  return undefined
}

function mismatch({ flowId, nodeId, kind, name }: Spot, expected: string, value: unknown): InvalidStepError {
  const what = isPrimary(name)
    ? `.${name === 'by' ? 'routeBy' : operatorOf(kind)}(...) needs`
    : `the option ${name} must be`
  const came = Array.isArray(value) && value.length === 0 ? 'an empty array' : describeValue(value)
  return new InvalidStepError(`Flow "${flowId}", node "${nodeId}": ${what} ${expected}, but it is ${came}.`, {
    flowId,
    nodeId,
  })
}

function noMember({ flowId, nodeId, kind, name }: Spot): InvalidNameError {
  return new InvalidNameError(
    `Flow "${flowId}", node "${nodeId}": ${operatorOf(kind)} cannot add a ${name} called "__proto__". Choose another name.`,
    { flowId, nodeId },
  )
}

function invalid({ flowId, nodeId, name, field }: Spot, expected: string, value: unknown): InvalidOptionError {
  const fix = field.optional === true ? 'Correct it or leave it out.' : 'Correct it.'
  return new InvalidOptionError(
    `Flow "${flowId}", node "${nodeId}": ${name} must be ${expected}, but it is ${describeValue(value)}. ${fix}`,
    { flowId, nodeId },
  )
}

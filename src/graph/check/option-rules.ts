/** Rules about the values of options: ALLORA116, 117, 119, 120. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { ChannelSpec } from '../graph.ts'
import { type Fields, type NumberField, fieldsOfTypes } from '../field.ts'
import { CHANNEL_FIELDS, NODE_SHAPES } from '../shape.ts'
import type { ChannelIndex } from '../app-index.ts'
import type { Step } from '../flow-index.ts'
import { type Place, at, listed, theNode, atChannel } from './wording.ts'

/** ALLORA116: a channel with a number that is too small, or none. */
export function channelOptionsOutOfRange({ id, spec, declarations }: ChannelIndex, found: Diagnostic[]): void {
  if (!hasNumbers(CHANNEL_FIELDS, spec)) return
  for (const number of numbersOutOfRange(CHANNEL_FIELDS, spec))
    found.push(outOfRange(`The ${spec.kind} channel ${quote(id)}`, atChannel(declarations[0]!), number))
}

/** ALLORA116: a node with a number that is too small, or none. */
export function nodeOptionsOutOfRange(step: Step, found: Diagnostic[]): void {
  const { fields } = NODE_SHAPES[step.node.kind]
  if (!hasNumbers(fields, step.node)) return
  for (const number of numbersOutOfRange(fields, step.node)) found.push(outOfRange(theNode(step), at(step), number))
}

const fieldsWithNumbers = fieldsOfTypes('number', 'record')

/** Most channels and nodes have none. */
function hasNumbers(fields: Fields, data: object): boolean {
  const rows = fieldsWithNumbers(fields)
  for (let i = 0; i < rows.length; i++)
    if ((data as Readonly<Record<string, unknown>>)[rows[i]!.key] !== undefined) return true
  return false
}

/** The name of an option, such as `size` or `retry.attempts`, what it can be, and what it is. */
type OptionNumber = readonly [option: string, field: NumberField, value: unknown]

function outOfRange(who: string, place: Place, [option, field, value]: OptionNumber): Diagnostic {
  return {
    code: 'ALLORA116',
    severity: 'error',
    ...place,
    message: `${who} has the ${option} ${String(value)}, but it must be ${rangeOf(field)}.`,
    fix:
      option === 'capacity' && value === 0
        ? 'A channel that holds nothing is a rendezvous channel.'
        : 'Correct the number, or leave it out for the default.',
  }
}

function numbersOutOfRange(fields: Fields, data: object, within = ''): OptionNumber[] {
  const found: OptionNumber[] = []
  for (const key of Object.keys(data)) {
    const field = fields[key]
    const value = (data as Readonly<Record<string, unknown>>)[key]
    if (field === undefined || value === undefined) continue
    if (field.type === 'record' && typeof value === 'object') {
      found.push(...numbersOutOfRange(field.fields, Object(value) as object, `${within}${key}.`))
      continue
    }
    const range = field.type === 'record' ? field.orNumber : field.type === 'number' ? field : undefined
    if (range !== undefined && !inRange(value, range)) found.push([within + key, range, value])
  }
  return found
}

function inRange(value: unknown, { least, whole, orUnbounded }: NumberField): boolean {
  if (value === 'unbounded') return orUnbounded === true
  return typeof value === 'number' && value >= least && (whole ? Number.isSafeInteger(value) : Number.isFinite(value))
}

function rangeOf({ least, whole, orUnbounded }: NumberField): string {
  return `a ${whole ? 'whole ' : ''}number from ${least}${orUnbounded === true ? ' or "unbounded"' : ''}`
}

const OPTIONS_OF_KINDS = (Object.keys(CHANNEL_FIELDS) as (keyof ChannelSpec)[]).flatMap((option) => {
  const { kinds } = CHANNEL_FIELDS[option]
  return kinds === undefined ? [] : [{ option, kinds }]
})

/** ALLORA117: a channel has an option of another kind. */
export function optionsOfOtherKinds({ id, declarations }: ChannelIndex, found: Diagnostic[]): void {
  for (const declaration of declarations) {
    const { spec } = declaration
    for (let i = 0; i < OPTIONS_OF_KINDS.length; i++) {
      const { option, kinds } = OPTIONS_OF_KINDS[i]!
      if (spec[option] === undefined || kinds.includes(spec.kind)) continue
      found.push({
        code: 'ALLORA117',
        severity: 'error',
        ...atChannel(declaration),
        message: `The ${spec.kind} channel ${quote(id)} has the option ${option}, which only a ${kinds.join(' or ')} channel has.`,
        fix: `Remove the option, or make the channel a ${kinds.join(' or ')}.`,
      })
    }
  }
}

/** Part of ALLORA119: options of a node that have no effect together, or alone. */
export function contradictingOptions(step: Step, found: Diagnostic[]): void {
  const { node } = step
  if (node.kind === 'filter' && node.reject === 'error' && node.discardTo !== undefined) {
    found.push({
      code: 'ALLORA119',
      severity: 'error',
      ...at(step),
      message: `${theNode(step)} makes rejected messages fail and also sends them to channel ${quote(node.discardTo)}.`,
      fix: "Decide: reject: 'error' for a failure, discardTo for a channel.",
    })
  }
  if (node.kind === 'aggregate' && node.onTimeout !== undefined && node.timeout === undefined) {
    found.push({
      code: 'ALLORA119',
      severity: 'warning',
      ...at(step),
      message: `${theNode(step)} says what a timeout does (${quote(node.onTimeout)}), but has no timeout.`,
      fix: 'Give it a timeout, or remove onTimeout.',
    })
  }
}

/** Part of ALLORA119: a channel that is never full, but says what it does then. */
export function idleOverflow({ id, spec, declarations }: ChannelIndex, found: Diagnostic[]): void {
  if (spec.capacity !== 'unbounded' || spec.overflow === undefined) return
  found.push({
    code: 'ALLORA119',
    severity: 'warning',
    ...atChannel(declarations[0]!),
    message: `Channel ${quote(id)} says what it does when it is full (${quote(spec.overflow)}), but without a bound it never is.`,
    fix: 'Give it a capacity, or remove overflow.',
  })
}

/** ALLORA120: lists of recipients and cases that are empty or repeat themselves. */
export function uselessEntries(step: Step, found: Diagnostic[]): void {
  const { node } = step
  if (node.kind === 'recipients' || node.kind === 'recipientList') found.push(...recipientEntries(step, node.channels))
  if (node.kind === 'route') found.push(...branchEntries(step, 'case', node.cases, node.otherwise === true))
  if (node.kind === 'scatterGather') found.push(...branchEntries(step, 'branch', node.branches, false))
}

function* recipientEntries(step: Step, channels: readonly string[]): Iterable<Diagnostic> {
  const twice = repeated(channels)
  if (channels.length === 0) {
    yield {
      code: 'ALLORA120',
      severity: 'error',
      ...at(step),
      message: `${theNode(step)} has no recipients, so every message would be lost.`,
      fix: 'Name at least one channel.',
    }
  }
  if (twice.length > 0) {
    const message = `${theNode(step)} names channel ${listed(twice)} more than once, so each message is sent there more than once.`
    yield { code: 'ALLORA120', severity: 'warning', ...at(step), message, fix: 'Name each channel once.' }
  }
}

function* branchEntries(
  step: Step,
  what: 'case' | 'branch',
  names: readonly string[],
  otherwise: boolean,
): Iterable<Diagnostic> {
  const twice = repeated(names)
  if (names.length === 0 && !otherwise) {
    const message = `${theNode(step)} has no ${what === 'case' ? 'cases, so every message fails' : 'branches, so there is nothing to gather'}.`
    const fix = what === 'case' ? 'Add a case, or otherwise.' : 'Add a branch.'
    yield { code: 'ALLORA120', severity: 'error', ...at(step), message, fix }
  }
  if (twice.length > 0) {
    const message = `${theNode(step)} has the ${what} ${listed(twice)} more than once.`
    yield { code: 'ALLORA120', severity: 'error', ...at(step), message, fix: `Name each ${what} once.` }
  }
}

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>()
  return [...new Set(names.filter((name) => seen.size === seen.add(name).size))]
}

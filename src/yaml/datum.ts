/** What a file holds, as data that knows where it was written. Aliases are resolved: one datum may stand in several places. */
import type { SourceText } from './source-text.ts'

/** Where something was written. */
export interface Place {
  readonly source: SourceText
  readonly start: number
  /** The offset after it. */
  readonly end: number
  /** What it is part of. */
  readonly parent?: Place | undefined
  readonly key?: string | number | undefined
}

/** A part of a file. */
export type Datum = ScalarDatum | ListDatum | MappingDatum

/** A text, a number, true, false or null. */
export interface ScalarDatum {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** Whether it stands there without quotes. */
  readonly plain: boolean
  /** Whether it refers to something that is not there, which has been reported. */
  readonly unresolved?: true
  readonly place: Place
}
/** A list. */
export interface ListDatum {
  readonly kind: 'list'
  readonly items: readonly Datum[]
  readonly place: Place
}
/** Keys with values, each key once. */
export interface MappingDatum {
  readonly kind: 'mapping'
  readonly entries: readonly Entry[]
  readonly place: Place
}
/** A key and its value. */
export interface Entry {
  readonly key: string
  readonly keyPlace: Place
  readonly value: Datum
}

/** The value of a key; `undefined` for what is no mapping, too. */
export function valueOf(datum: Datum | undefined, key: string): Datum | undefined {
  if (datum?.kind !== 'mapping') return undefined
  return datum.entries.find((entry) => entry.key === key)?.value
}

/** The items of a list; none of anything else. */
export function itemsOf(datum: Datum | undefined): readonly Datum[] {
  return datum?.kind === 'list' ? datum.items : []
}

/** The text of a scalar; `undefined` for anything else. */
export function textOf(datum: Datum | undefined): string | undefined {
  return datum?.kind === 'scalar' && typeof datum.value === 'string' ? datum.value : undefined
}

/** The way from the document to a place: `channels[2].id`; empty for the whole. */
export function pathOf({ parent, key }: Place): string {
  if (parent === undefined || key === undefined) return ''
  const path = pathOf(parent)
  if (typeof key === 'number') return `${path}[${key}]`
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
  return path === '' ? name : `${path}.${name}`
}

/** The same as plain values. Keys become own properties, whatever they are called. */
export function plainOf(datum: Datum): unknown {
  if (datum.kind === 'scalar') return datum.value
  if (datum.kind === 'list') return datum.items.map(plainOf)
  return Object.fromEntries(datum.entries.map(({ key, value }) => [key, plainOf(value)]))
}

/** What stands there, as the end of "but it is ...". */
export function describeDatum(datum: Datum): string {
  if (datum.kind === 'list') return datum.items.length === 0 ? 'an empty list' : 'a list'
  if (datum.kind === 'mapping') return datum.entries.length === 0 ? 'an empty mapping' : 'a mapping'
  const { value } = datum
  if (value === null) return 'empty'
  if (typeof value === 'string') return `the text ${shown(value)}`
  return `the ${typeof value === 'number' ? 'number' : 'word'} ${String(value)}`
}

const LONGEST = 60

const shown = (text: string): string => JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

/** What a property of graph data can hold, as data: the columns of the tables in `shape.ts`. */
import type { RouteNode } from './graph.ts'

/** What a field holds. */
export type FieldType =
  | IdField
  | TextField
  | TextsField
  | FlagField
  | NumberField
  | OneOfField<string>
  | FunctionField
  | FlowField
  | ChannelField
  | ChannelsField
  | SelectorField
  | RecordField

/** A name: text that is not empty. */
export interface IdField {
  readonly type: 'id'
  /** Whether it names a property or a header, which cannot be called `__proto__`: to set that changes what an object is. */
  readonly member?: true
}
/** Any text. */
export interface TextField {
  readonly type: 'text'
}
/** A list of texts. */
export interface TextsField {
  readonly type: 'texts'
}
/** True or false. */
export interface FlagField {
  readonly type: 'flag'
}
/** A finite number. */
export interface NumberField {
  readonly type: 'number'
  /** The smallest that makes sense. */
  readonly least: number
  /** Whether fractions make no sense. */
  readonly whole: boolean
  /** Whether the word `'unbounded'` may stand instead. */
  readonly orUnbounded?: true
}
/** One of a few words. */
export interface OneOfField<out T extends string> {
  readonly type: 'oneOf'
  readonly values: readonly T[]
}
/** The name of a function in the side table of the app. */
export interface FunctionField {
  readonly type: 'function'
}
/** The id of a flow. */
export interface FlowField {
  readonly type: 'flow'
}
/** How a node uses the channel a field names. */
export interface ChannelRole {
  readonly consumes: boolean
  /** Whether every message that gets to the node is sent there, only some, or none. */
  readonly sends: 'always' | 'sometimes' | 'never'
}
/** The id of a channel. */
export interface ChannelField extends ChannelRole {
  readonly type: 'channel'
}
/** The ids of several channels. */
export interface ChannelsField extends ChannelRole {
  readonly type: 'channels'
}
/** What a route goes by: a key of the payload or a function. */
export interface SelectorField {
  readonly type: 'selector'
}

/** Several fields as one. */
export interface RecordField {
  readonly type: 'record'
  readonly fields: Readonly<Record<string, Field>>
  /** A number that may stand instead of the record. */
  readonly orNumber?: NumberField
}

/** A property of graph data. */
export type Field = FieldType & { readonly optional?: true }

/** The fields of a piece of graph data, by key. */
export type Fields = Readonly<Record<string, Field>>

/** A field and its key. */
export interface FieldRow {
  readonly key: string
  readonly field: Field
}

/** Gives those fields of a table that are of some types, in its order. Each table is gone through once, since there are as many nodes as can be. */
export function fieldsOfTypes(...types: readonly FieldType['type'][]): (fields: Fields) => readonly FieldRow[] {
  const known = new Map<Fields, readonly FieldRow[]>()
  return (fields) => {
    let rows = known.get(fields)
    if (rows === undefined) {
      rows = Object.entries(fields).flatMap(([key, field]) => (types.includes(field.type) ? [{ key, field }] : []))
      known.set(fields, rows)
    }
    return rows
  }
}

/** The kinds of field that can hold a `T`. */
type FieldTypeFor<T> = [T] extends [boolean]
  ? FlagField
  : [T] extends [number | 'unbounded']
    ? NumberField
    : [T] extends [string]
      ? string extends T
        ? IdField | TextField | FunctionField | FlowField | ChannelField
        : OneOfField<T>
      : [T] extends [readonly string[]]
        ? TextsField | ChannelsField
        : [T] extends [RouteNode['by']]
          ? SelectorField
          : RecordFieldFor<T>

/** A record with a field for every property of `T`; `orNumber` where `T` may be a number. */
type RecordFieldFor<T> = RecordField & {
  readonly fields: FieldsOf<Exclude<T, number>>
  readonly orNumber?: number extends T ? NumberField : never
}

/** A field for every property of `T`, optional where the property is. */
export type FieldsOf<T> = {
  readonly [K in keyof T]-?: FieldTypeFor<Required<T>[K]> &
    (Pick<T, K> extends Required<Pick<T, K>> ? { readonly optional?: never } : { readonly optional: true })
}

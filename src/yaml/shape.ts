/** What may stand in a file, as data. The compiler reads by it, and the JSON Schema for editors is made of it. */

/** What a value may be. */
export type Shape =
  | TextShape
  | NumberShape
  | FlagShape
  | OneOfShape
  | ListShape
  | MapShape
  | RecordShape
  | ByKindShape
  | ByKeyShape
  | StepShape
  | LazyShape
  | AnyShape

/** What a text is the name of. */
export type NameKind = 'channel' | 'flow' | 'function' | 'transport'

/** A text. */
export interface TextShape {
  readonly is: 'text'
  /** As in "must be the id of a channel". */
  readonly what: string
  readonly names?: NameKind
  /** Whether it may be empty. */
  readonly mayBeEmpty?: true
  /** What else is wrong with a text that is not empty. */
  readonly objection?: (text: string) => Objection | undefined
  /** The same as a regular expression, as far as that can say it. */
  readonly pattern?: string
}
/** What is wrong with a text. */
export interface Objection {
  readonly message: string
  readonly fix: string
  /** Of the part that is meant; absent = all of it. */
  readonly offset?: number
  readonly length?: number
  /** Absent = a value of the wrong kind. */
  readonly code?: 'ALLORA610'
}
/** A finite number. */
export interface NumberShape {
  readonly is: 'number'
  readonly least: number
  readonly most?: number
  readonly whole: boolean
  /** A word that may stand instead. */
  readonly word?: string
}
/** True or false. */
export interface FlagShape {
  readonly is: 'flag'
  readonly only?: true
}
/** One of a few words or numbers. */
export interface OneOfShape {
  readonly is: 'oneOf'
  readonly values: readonly (string | number)[]
}
/** A list of equals. */
export interface ListShape {
  readonly is: 'list'
  readonly of: Shape
  readonly what: string
  /** Items at least; absent = 0. */
  readonly least?: 1
}
/** A mapping whose keys are names. */
export interface MapShape {
  readonly is: 'map'
  readonly of: Shape
  readonly what: string
  readonly least?: 1
}
/** A mapping with known keys. */
export interface RecordShape {
  readonly is: 'record'
  /** As in "a channel". */
  readonly what: string
  readonly keys: Readonly<Record<string, KeyShape>>
  /** The key that a lone text was meant for. */
  readonly short?: string
  /** Keys that would make the mapping something else. */
  readonly instead?: readonly string[]
  /** Whether keys that are not known may hold anything. */
  readonly open?: true
  /** How to mend keys that are known elsewhere. */
  readonly hints?: Readonly<Record<string, string>>
}
/** A key of a record. */
export interface KeyShape {
  readonly shape: Shape
  readonly required?: true
  /** Whether nothing after the colon is the same as no key. */
  readonly mayBeEmpty?: true
  /** Whether version 1 ignores what is no text, as Allora does. */
  readonly lax?: true
  /** A sentence for editors. */
  readonly says?: string
}
/** A value that may be of several kinds: which one, is seen at once. */
export interface ByKindShape {
  readonly is: 'byKind'
  readonly number?: NumberShape
  readonly text?: TextShape
  readonly list?: ListShape
  readonly mapping?: RecordShape | ByKeyShape
}
/** A mapping that is one thing when it has a key, another when it has not. */
export interface ByKeyShape {
  readonly is: 'byKey'
  readonly key: string
  readonly with: RecordShape
  readonly without: RecordShape | ByKeyShape
}
/** A step: the mapping that belongs to the operator among its keys, or the operator alone. */
export interface StepShape {
  readonly is: 'step'
  readonly operators: Readonly<Record<string, RecordShape>>
}
/** A shape that is part of itself. */
export interface LazyShape {
  readonly is: 'lazy'
  /** What editors know it by. */
  readonly name: string
  readonly shape: () => Shape
}
/** Anything. */
export interface AnyShape {
  readonly is: 'any'
}

/** What a shape asks for, as in "it must be ...". */
export function wordsFor(shape: Shape): string {
  switch (shape.is) {
    case 'text':
      return shape.what
    case 'number': {
      const to = shape.most === undefined ? `from ${shape.least}` : `from ${shape.least} to ${shape.most}`
      return `a ${shape.whole ? 'whole ' : ''}number ${to}${shape.word === undefined ? '' : ` or the word ${shape.word}`}`
    }
    case 'flag':
      return shape.only ? 'true' : 'true or false'
    case 'oneOf':
      return shape.values.length === 1 ? String(shape.values[0]) : `one of ${shape.values.join(', ')}`
    case 'list':
    case 'map':
    case 'record':
      return shape.what
    case 'byKind':
      return [shape.number, shape.text, shape.list, shape.mapping]
        .flatMap((each) => (each === undefined ? [] : [wordsFor(each)]))
        .join(', or ')
    case 'byKey':
      return [...new Set([shape.with.what, lastOf(shape).what])].join(', or ')
    case 'step':
      return 'a step'
    case 'lazy':
      return wordsFor(shape.shape())
    case 'any':
      return 'anything'
  }
}

/** What a mapping is that has none of the keys. */
const lastOf = ({ without }: ByKeyShape): RecordShape => (without.is === 'byKey' ? lastOf(without) : without)

/** The keys that a shape knows, where it is a mapping or a list of mappings. */
export function keysOf(shape: Shape): readonly string[] {
  if (shape.is === 'record') return Object.keys(shape.keys)
  if (shape.is === 'byKey') return [...keysOf(shape.with), ...keysOf(shape.without)]
  return shape.is === 'byKind' && shape.mapping !== undefined ? keysOf(shape.mapping) : []
}

/** Reads data by its shape: what fits becomes plain values, what does not is reported, and what is beside it is read all the same. */
import { match } from 'ts-pattern'
import { closest } from '../graph/did-you-mean.ts'
import {
  type Datum,
  type MappingDatum,
  type Place,
  type ScalarDatum,
  describeDatum,
  plainOf,
  valueOf,
} from './datum.ts'
import type { Finding, Report } from './report.ts'
import {
  type KeyShape,
  type NameKind,
  type RecordShape,
  type Shape,
  type StepShape,
  type TextShape,
  wordsFor,
} from './shape.ts'
import { misplacedKeys, whereItBelongs } from './misplaced-keys.ts'
import { wrongKind } from './wrong-kind.ts'

/** A name that stands in a file. */
export interface Mention {
  readonly kind: NameKind
  readonly name: string
  readonly place: Place
}

/** A step as it was read. */
export interface ReadStep {
  readonly operator: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly place: Place
}

/** Reads the data of one file. Values that do not fit come back as `undefined`. */
export class ShapeReader {
  /** Every name that was read. */
  readonly mentions: Mention[] = []
  private readonly origins = new WeakMap<object, MappingDatum>()
  private readonly within: RecordShape[] = []
  private readonly report: Report
  private readonly lax: boolean

  /** @param lax Whether what Allora ignores is only worth a warning. */
  constructor(report: Report, lax: boolean) {
    this.report = report
    this.lax = lax
  }

  /** Where a record that was read stands, or one of its keys. */
  placeOf(read: object, key?: string): Place | undefined {
    const datum = this.origins.get(read)
    return (key === undefined ? undefined : valueOf(datum, key)?.place) ?? datum?.place
  }

  read(shape: Shape, datum: Datum): unknown {
    return match(shape)
      .with({ is: 'text' }, (text) => this.text(text, datum))
      .with({ is: 'list' }, ({ of, least }) => {
        if (datum.kind !== 'list') return this.wrong(shape, datum)
        if (least !== undefined && datum.items.length === 0) return this.wrong(shape, datum)
        return definedOf(datum.items.map((item) => this.read(of, item)))
      })
      .with({ is: 'map' }, ({ of, least }) => {
        if (datum.kind !== 'mapping' || (least !== undefined && datum.entries.length === 0))
          return this.wrong(shape, datum)
        const read = datum.entries.map(({ key, value }) => [key, this.read(of, value)] as const)
        return new Map(read.filter(([, value]) => value !== undefined))
      })
      .with({ is: 'record' }, (record) => this.record(record, datum))
      .with({ is: 'byKind' }, ({ number, text, list, mapping }) => {
        const scalar = datum.kind === 'scalar' && typeof datum.value === 'number' ? (number ?? text) : (text ?? number)
        const chosen = datum.kind === 'scalar' ? scalar : datum.kind === 'list' ? list : mapping
        return chosen === undefined || isEmpty(datum) ? this.wrong(shape, datum) : this.read(chosen, datum)
      })
      .with({ is: 'byKey' }, (choice) =>
        this.read(valueOf(datum, choice.key) === undefined ? choice.without : choice.with, datum),
      )
      .with({ is: 'step' }, (step) => this.step(step, datum))
      .with({ is: 'lazy' }, (lazy) => this.read(lazy.shape(), datum))
      .with({ is: 'any' }, () => datum)
      .otherwise((scalar) => this.scalar(scalar, datum))
  }

  /** What the keys of a record hold, each as far as it fits, whatever is wrong with the others. */
  readParts(shape: RecordShape, datum: Datum): Readonly<Record<string, unknown>> {
    const parts: Record<string, unknown> = {}
    this.record(shape, datum, (key, value) => {
      parts[key] = value
    })
    return parts
  }

  private scalar(shape: Shape, datum: Datum): unknown {
    if (datum.kind !== 'scalar') return this.wrong(shape, datum)
    const { value } = datum
    const fits = match(shape)
      .with({ is: 'number' }, ({ least, most = Infinity, whole, word }) =>
        typeof value === 'number'
          ? (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) && value >= least && value <= most
          : word !== undefined && value === word,
      )
      .with({ is: 'flag' }, ({ only }) => (only ? value === true : typeof value === 'boolean'))
      .with({ is: 'oneOf' }, ({ values }) => values.includes(value as string))
      .otherwise(() => false)
    if (!fits) return this.wrong(shape, datum)
    return value === 0 ? 0 : value
  }

  private text(shape: TextShape, datum: Datum): string | undefined {
    if (
      datum.kind !== 'scalar' ||
      typeof datum.value !== 'string' ||
      (datum.value === '' && shape.mayBeEmpty !== true)
    ) {
      return this.wrong(shape, datum)
    }
    const { value } = datum
    if (datum.unresolved === true) return undefined
    const objection = shape.objection?.(value)
    if (objection !== undefined) {
      const { code = 'ALLORA608', message, fix, offset, length } = objection
      this.report.error(partOf(datum, offset, length), { code, message, fix })
      return undefined
    }
    if (shape.names !== undefined) this.mentions.push({ kind: shape.names, name: value, place: datum.place })
    return value
  }

  private wrong(shape: Shape, datum: Datum): undefined {
    if (datum.kind === 'scalar' && datum.unresolved === true) return
    this.report.error(datum.place, wrongKind(shape, datum))
  }

  private record(shape: RecordShape, datum: Datum, onPart?: (key: string, value: unknown) => void): object | undefined {
    if (datum.kind !== 'mapping') return this.wrong(shape, datum)
    this.within.push(shape)
    const told = misplacedKeys(shape, datum)
    for (const { place, finding } of told.findings) this.report.error(place, finding)
    let whole = told.findings.length === 0
    const missing = missingKeys(shape, datum)
    const values: [string, unknown][] = []
    for (const { key, keyPlace, value } of datum.entries) {
      if (told.keys.has(key)) continue
      if (!Object.hasOwn(shape.keys, key)) {
        if (shape.open === true) values.push([key, plainOf(value)])
        else whole = this.unknown(shape, key, keyPlace, missing) && whole
        continue
      }
      const read = this.key(shape.keys[key]!, value)
      if (read !== undefined) {
        values.push([key, read])
        onPart?.(key, read)
      }
      if (read === undefined && !this.mayLack(shape.keys[key]!, value)) whole = false
    }
    this.tellMissing(shape, datum, missing)
    whole = missing.length === 0 && whole
    this.within.pop()
    if (!whole) return undefined
    const record = Object.fromEntries(values)
    this.origins.set(record, datum)
    return record
  }

  /** The value of a key; `undefined` when it is wrong or means nothing. */
  private key({ shape, mayBeEmpty, lax }: KeyShape, datum: Datum): unknown {
    if (isEmpty(datum) && mayBeEmpty === true) return undefined
    if (lax === true && this.lax && !isText(datum)) {
      this.report.warning(datum.place, {
        code: 'ALLORA614',
        message: `This must be ${wordsFor(shape)}, but it is ${describeDatum(datum)}, and Allora ignores it then.`,
        fix: 'Write it as a text, in quotes if need be, or remove the key.',
      })
      return undefined
    }
    return this.read(shape, datum)
  }

  /** Whether a key without a value is no mistake, or one that has been told as a warning. */
  private mayLack({ mayBeEmpty, lax }: KeyShape, datum: Datum): boolean {
    return (isEmpty(datum) && mayBeEmpty === true) || (lax === true && this.lax && !isText(datum))
  }

  private tellMissing(shape: RecordShape, { entries, place }: MappingDatum, missing: readonly string[]): void {
    const meant = [...missing, ...(shape.instead ?? [])]
    const strays = entries.filter(({ key }) => !Object.hasOwn(shape.keys, key)).map(({ key }) => closest(key, meant))
    if (shape.instead?.some((key) => strays.includes(key)) === true) return
    // A key that is nearly this one has been told of already.
    for (const key of missing.filter((each) => !strays.includes(each))) {
      this.report.error(beginningOf(place, entries[0]?.keyPlace), {
        code: 'ALLORA606',
        message: `${capital(shape.what)} needs the key ${JSON.stringify(key)}, and it is not here.`,
        fix: `Add "${key}: ..." with ${wordsFor(shape.keys[key]!.shape)}.`,
      })
    }
  }

  /** Reports a key that is not known; says whether the record can be used all the same. */
  private unknown(shape: RecordShape, key: string, place: Place, missing: readonly string[]): boolean {
    const lax = this.lax && closest(key, missing) === undefined
    const finding = (): Finding => ({
      code: 'ALLORA607',
      message: `${capital(shape.what)} has no key ${JSON.stringify(key)}.`,
      fix: whereItBelongs(key, shape, this.within),
    })
    if (lax) this.report.warning(place, finding)
    else this.report.error(place, finding)
    return lax
  }

  private step({ operators }: StepShape, datum: Datum): ReadStep | undefined {
    const names = Object.keys(operators)
    if (isText(datum) && Object.hasOwn(operators, datum.value as string)) {
      const operator = datum.value as string
      if (operators[operator]!.keys[operator]!.mayBeEmpty === true) return { operator, fields: {}, place: datum.place }
      return this.wrong(operators[operator]!, datum)
    }
    if (datum.kind !== 'mapping') return this.wrong({ is: 'step', operators }, datum)
    const given = datum.entries.filter(({ key }) => Object.hasOwn(operators, key))
    const [first, second] = given
    if (first === undefined) {
      const { key = '', keyPlace = datum.place } = datum.entries[0] ?? {}
      const meant = closest(key, names)
      this.report.error(keyPlace, {
        code: 'ALLORA606',
        message:
          key === ''
            ? 'A step needs an operator.'
            : `A step begins with its operator, and ${JSON.stringify(key)} is none.`,
        fix: `${meant === undefined ? '' : `Did you mean ${JSON.stringify(meant)}? `}The operators are ${names.join(', ')}.`,
      })
      return undefined
    }
    if (second !== undefined) {
      this.report.error(second.keyPlace, {
        code: 'ALLORA608',
        message: `A step has one operator, and this one has two: ${first.key} and ${second.key}.`,
        fix: `Put a dash before ${second.key}, in the column of the dash before ${first.key}.`,
      })
      return undefined
    }
    const fields = this.record(operators[first.key]!, datum)
    return fields && { operator: first.key, fields: fields as Record<string, unknown>, place: datum.place }
  }
}

function missingKeys({ keys }: RecordShape, { entries }: MappingDatum): readonly string[] {
  const there = new Set(entries.map(({ key }) => key))
  return Object.keys(keys).filter((key) => keys[key]!.required === true && !there.has(key))
}

/** A mapping, shown by its first key: all of it would be too much to show. */
const beginningOf = (mapping: Place, first: Place | undefined): Place =>
  first === undefined ? mapping : { ...mapping, start: first.start, end: first.end }

const isEmpty = (datum: Datum): boolean => datum.kind === 'scalar' && datum.value === null
const isText = (datum: Datum): datum is ScalarDatum => datum.kind === 'scalar' && typeof datum.value === 'string'
const definedOf = (values: readonly unknown[]): unknown[] => values.filter((value) => value !== undefined)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The place of a part of a text, if the text stands in the file as it is. */
function partOf({ value, place }: ScalarDatum, offset = 0, length?: number): Place {
  const text = String(value)
  const at = place.source.text.slice(place.start, place.end).indexOf(text)
  if (at < 0 || length === undefined) return place
  const start = Math.min(place.start + at + offset, place.end)
  return { ...place, start, end: Math.min(start + Math.max(1, length), place.end) }
}

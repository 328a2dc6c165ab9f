/** An expression becomes one closure, once; nothing is parsed or looked up by name when it runs, except JSON in a text payload. */
import { match } from 'ts-pattern'
import type { Comparison, Constant, Expression, Operator, Subject } from './expression.ts'
import { pathKeys, valueAt } from './json-path.ts'
import { compilePattern } from './pattern-program.ts'
import { jsonOf, numberOf, textOf } from './values.ts'

/** What a message brings to a test. */
export interface Facts {
  readonly payload: unknown
  readonly headers: object
  readonly properties: ReadonlyMap<string, unknown> | undefined
  /** The payload as JSON, read at most once. */
  json(): unknown
}

/** The facts of one message. */
export class MessageFacts implements Facts {
  readonly payload: unknown
  readonly headers: object
  readonly properties: ReadonlyMap<string, unknown> | undefined
  private parsed: { readonly value: unknown } | undefined

  constructor(payload: unknown, headers: object, properties: ReadonlyMap<string, unknown> | undefined) {
    this.payload = payload
    this.headers = headers
    this.properties = properties
  }

  json(): unknown {
    this.parsed ??= { value: jsonOf(this.payload) }
    return this.parsed.value
  }
}

type Test = (facts: Facts) => boolean
type Read = (facts: Facts) => unknown

/** The test that an expression stands for. */
export function compileExpression(expression: Expression): Test {
  return match(expression)
    .with({ kind: 'all' }, ({ parts }) => {
      const tests = parts.map(compileExpression)
      return (facts: Facts) => tests.every((test) => test(facts))
    })
    .with({ kind: 'any' }, ({ parts }) => {
      const tests = parts.map(compileExpression)
      return (facts: Facts) => tests.some((test) => test(facts))
    })
    .with({ kind: 'not' }, ({ part }) => {
      const test = compileExpression(part)
      return (facts: Facts) => !test(facts)
    })
    .with({ kind: 'comparison' }, compileComparison)
    .with({ kind: 'member' }, ({ left, values }) => {
      const tests = values.map((right) => compileComparison({ kind: 'comparison', left, operator: '==', right }))
      return (facts: Facts) => tests.some((test) => test(facts))
    })
    .with({ kind: 'match' }, ({ left, pattern }) => {
      const read = reader(left)
      const program = compilePattern(pattern)
      return (facts: Facts) => {
        const text = textOf(read(facts))
        return text !== undefined && program.test(text)
      }
    })
    .with({ kind: 'exists' }, ({ subject }) => {
      const read = reader(subject)
      return (facts: Facts) => read(facts) !== undefined
    })
    .with({ kind: 'contains' }, ({ text }) => {
      return ({ payload }: Facts) => typeof payload === 'string' && payload.includes(text)
    })
    .with({ kind: 'literal' }, ({ text }) => {
      return ({ payload }: Facts) => payload === text
    })
    .exhaustive()
}

function reader(subject: Subject): Read {
  return match(subject)
    .with({ kind: 'header' }, ({ name }): Read => {
      return ({ headers }) =>
        Object.hasOwn(headers, name) ? (headers as Readonly<Record<string, unknown>>)[name] : undefined
    })
    .with({ kind: 'property' }, ({ name }): Read => {
      return ({ properties }) => properties?.get(name)
    })
    .with(
      { kind: 'body' },
      (): Read =>
        ({ payload }) =>
          payload,
    )
    .with({ kind: 'bodyJson' }, ({ path }): Read => {
      const keys = pathKeys(path)
      return (facts) => valueAt(facts.json(), keys)
    })
    .exhaustive()
}

function compileComparison({ left, operator, right }: Comparison): Test {
  const read = reader(left)
  // `!=` is what `==` is not, also where a value is missing.
  const holds = operator === '!=' ? not(comparer('==', right)) : comparer(operator, right)
  return (facts) => holds(read(facts), facts)
}

type Compare = (value: unknown, facts: Facts) => boolean

const not =
  (compare: Compare): Compare =>
  (value, facts) =>
    !compare(value, facts)

/** The constant decides how: quoted, as texts; a number, as numbers. Two values of the message are numbers if both are, and texts otherwise. */
function comparer(operator: Exclude<Operator, '!='>, right: Constant | Subject): Compare {
  if (right.kind !== 'constant') {
    const read = reader(right)
    return (value, facts) => {
      const other = read(facts)
      const [a, b] = [numberOf(value), numberOf(other)]
      return Number.isNaN(a) || Number.isNaN(b) ? compareTexts(operator, value, textOf(other)) : ordered(operator, a, b)
    }
  }
  const constant = right.value
  if (typeof constant === 'number') return (value) => ordered(operator, numberOf(value), constant)
  if (typeof constant === 'string') return (value) => compareTexts(operator, value, constant)
  const text = String(constant)
  return (value) => value === constant || value === text
}

function compareTexts(operator: Exclude<Operator, '!='>, value: unknown, other: string | undefined): boolean {
  const text = textOf(value)
  return text !== undefined && other !== undefined && ordered(operator, text, other)
}

function ordered<T extends number | string>(operator: Exclude<Operator, '!='>, a: T, b: T): boolean {
  switch (operator) {
    case '==':
      return a === b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

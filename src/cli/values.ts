/** Values that users write on the command line. */
import { readFileSync } from 'node:fs'
import { UsageError } from '../errors/control-errors.ts'
import { quote } from '../errors/describe-value.ts'
import { type Invocation, textOption } from './command.ts'

/** The number of an option; `undefined` when it was not given. */
export function numberOption(invocation: Invocation, name: string, least = 0): number | undefined {
  const text = textOption(invocation, name)
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number
  throw new UsageError(`--${name} must be a whole number from ${least}, but it is ${quote(text)}.`)
}

/** JSON as written; `-` reads it from the standard input. */
export function jsonValue(written: string, what: string): unknown {
  const text = written === '-' ? readFileSync(0, 'utf8') : written
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError(
      `${what} must be JSON, but it is ${quote(text)}. In a shell, quote JSON once more, as in '{"id":1}' or '"text"'.`,
      { cause },
    )
  }
}

/** How a value is shown to people: a text as it is, everything else as JSON. */
export const shownValue = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? 'undefined' : JSON.stringify(value)

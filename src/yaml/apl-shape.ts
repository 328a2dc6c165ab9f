/** Conditions of filters, as they are written in a file, and the functions that they become. */
import { isLeft } from 'fp-ts/lib/Either.js'
import { parseApl } from '../apl/apl.ts'
import type { AnyFunction } from '../flow/service.ts'
import type { Exchange } from '../message/exchange.ts'
import { mentionsOldHeader, withOldHeaders } from './old-headers.ts'
import type { Objection, TextShape } from './shape.ts'

const PREFIX = 'when: '

/** A condition. */
export const aplShape: TextShape = {
  is: 'text',
  what: 'a condition, such as header("tenant") == "acme"',
  objection: aplObjection,
}

/** The name that the graph knows a condition by: it tells the whole condition. */
export function aplName(condition: string): string {
  return PREFIX + condition
}

/** The condition behind a name of a function; `undefined` for other names. */
export function conditionOf(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined
}

/** The function of a name that tells a condition; `undefined` for other names. */
export function conditionFunction(name: string): AnyFunction | undefined {
  const condition = conditionOf(name)
  const apl = condition === undefined ? undefined : parseApl(condition)
  if (apl === undefined || isLeft(apl)) return undefined
  const { right: compiled } = apl
  if (mentionsOldHeader(name)) {
    return (_: unknown, exchange: Exchange<unknown>) => compiled.test(withOldHeaders(exchange), exchange.properties)
  }
  return (_: unknown, { message, properties }: Exchange<unknown>) => compiled.test(message, properties)
}

function aplObjection(text: string): Objection | undefined {
  const parsed = parseApl(text)
  if (!isLeft(parsed)) return undefined
  const { message, offset, length, fix } = parsed.left
  return { code: 'ALLORA610', message, fix: fix ?? 'Correct the condition.', offset, length }
}

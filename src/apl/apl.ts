/** APL, the filter language of Allora: a condition on a message, as text. */
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { Message } from '../message/message.ts'
import { type AplError, AplSyntax } from './apl-error.ts'
import { MessageFacts, compileExpression } from './compile.ts'
import { parseExpression } from './parse.ts'
import { printExpression } from './print.ts'

/** An expression that was understood. */
export interface Apl {
  /**
   * Whether the message meets the condition. It never throws: what a message does not have is not equal to anything.
   *
   * @param properties Those of the exchange; absent = none.
   */
  test(message: Pick<Message<unknown>, 'payload' | 'headers'>, properties?: ReadonlyMap<string, unknown>): boolean
  /** The expression as text: one way of writing each, which parses to the same again. */
  print(): string
}

/**
 * Understands an expression, or says what is wrong with it and where. The language is described in `docs/apl.md`.
 *
 * @example
 * ```ts
 * import { message } from 'allora'
 * import { parseApl } from 'allora/apl'
 *
 * const urgent = parseApl('header("tier") == "gold" && body.json("$.total") >= 100')
 * if (urgent._tag === 'Right') {
 *   console.log(urgent.right.test(message({ total: 120 }, { tier: 'gold' }))) // => true
 *   console.log(urgent.right.test(message({ total: 20 }, { tier: 'gold' }))) // => false
 * }
 * ```
 */
export function parseApl(text: string): Either<AplError, Apl> {
  try {
    const expression = parseExpression(text)
    const test = compileExpression(expression)
    return right({
      test: ({ payload, headers }, properties) => test(new MessageFacts(payload, headers, properties)),
      print: () => printExpression(expression),
    })
  } catch (error) {
    if (error instanceof AplSyntax) return left(error.problem)
    throw error
  }
}

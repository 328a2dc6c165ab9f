/** What is wrong with an expression, and where. */

/** The first mistake of an expression. */
export interface AplError {
  /** A sentence that says what was expected and what came. */
  readonly message: string
  /** Where it is: characters from the start of the text, from 0. */
  readonly offset: number
  /** How many characters it covers; 0 where something is missing. */
  readonly length: number
  /** A sentence that says how to mend it, when there is one best way. */
  readonly fix?: string
}

/** Carries an {@link AplError} out of the parser, whose methods call each other too deeply to hand it on; `parseApl` catches it. */
export class AplSyntax extends Error {
  readonly problem: AplError

  constructor(message: string, offset: number, length: number, fix?: string) {
    super(message)
    this.problem = { message, offset, length, ...(fix !== undefined && { fix }) }
  }
}

/** Characters of a line that are shown; a longer one is cut around the mistake. */
const WIDEST = 76

/**
 * The mistake as lines to read: the expression with carets under the mistake, the sentence, the fix.
 *
 * @example
 * ```ts
 * import { formatAplError, parseApl } from 'allora/apl'
 *
 * const text = 'heder("tier") == "gold"'
 * const parsed = parseApl(text)
 * if (parsed._tag === 'Left') {
 *   console.log(formatAplError(text, parsed.left).split('\n').slice(0, 2))
 *   // => [
 *   //   '  heder("tier") == "gold"',
 *   //   '  ^^^^^',
 *   // ]
 * }
 * ```
 */
export function formatAplError(text: string, { message, offset, length, fix }: AplError): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(start, end < 0 ? undefined : end)
  const column = offset - start
  const from = column < WIDEST ? 0 : column - WIDEST / 2
  const shown = line.slice(from, from + WIDEST)
  const carets = Math.max(1, Math.min(length, shown.length - (column - from)))
  return [
    // A tab stays a tab in the line of the carets, so that they stand where the mistake is.
    `  ${shown}`,
    `  ${shown.slice(0, column - from).replace(/[^\t]/g, ' ')}${'^'.repeat(carets)}`,
    message,
    ...(fix === undefined ? [] : [`Fix: ${fix}`]),
  ].join('\n')
}

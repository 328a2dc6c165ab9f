/** The name that was probably meant. */
import { quote } from '../errors/describe-value.ts'

/** Names longer than this are not compared: the time is the product of both lengths, and nobody mistypes an essay. */
const LONGEST = 64
/** Letters of candidates that are compared at most, so that a name that is near to thousands does not take long. */
const MOST_LETTERS = 20_000
/** Mistakes in a name, of however many letters. */
const MOST_MISTAKES = 8

/** The candidate nearest to `name`, if it is near enough: at most one mistake in three letters, and eight in all, whatever the capitals. */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Infinity
  let letters = 0
  for (const candidate of candidates) {
    const length = Math.max(name.length, candidate.length)
    const enough = Math.min(least, Math.floor(length / 3) + 1, MOST_MISTAKES + 1)
    if (candidate === name || length > LONGEST || Math.abs(candidate.length - name.length) >= enough) continue
    if ((letters += candidate.length) > MOST_LETTERS) break
    const mistakes = distance(name.toLowerCase(), candidate.toLowerCase(), enough)
    if (mistakes >= enough) continue
    least = mistakes
    best = candidate
  }
  return best
}

/** `Did you mean "orders"? ` in front of a fix, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const meant = closest(name, candidates)
  return meant === undefined ? '' : `Did you mean ${quote(meant)}? `
}

/** What is said of an option that something does not have. */
export const noOption = (who: string, unknown: string, options: readonly string[]): string =>
  `${who} has no option ${quote(unknown)}. ${didYouMean(unknown, options)}Its options are ${options.map(quote).join(', ')}.`

/**
 * Levenshtein: how many letters to insert, remove or replace; stops counting at `enough`. Keeps one row of the table, and looks only at
 * letters whose places are so near that it can be fewer.
 */
function distance(a: string, b: string, enough: number): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    const from = Math.max(0, i - enough)
    let diagonal = row[from]!
    let fewest = (row[from] = from === 0 ? i + 1 : enough)
    for (let j = from; j < Math.min(b.length, i + enough); j++) {
      const mistakes = Math.min(row[j + 1]! + 1, row[j]! + 1, diagonal + (a[i] === b[j] ? 0 : 1))
      diagonal = row[j + 1]!
      row[j + 1] = mistakes
      if (mistakes < fewest) fewest = mistakes
    }
    if (fewest >= enough) return enough
  }
  return row[b.length]!
}

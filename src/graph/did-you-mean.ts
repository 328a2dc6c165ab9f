/** The name that was probably meant. */
import { quote } from '../errors/describe-value.ts'

/** Names longer than this are not compared: the time is the product of both lengths, and nobody mistypes an essay. */
const LONGEST = 64

/** The candidate nearest to `name`, if it is near enough: at most one mistake in three letters, whatever the capitals. */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Infinity
  for (const candidate of candidates) {
    const length = Math.max(name.length, candidate.length)
    const enough = Math.min(least, Math.floor(length / 3) + 1)
    if (candidate === name || length > LONGEST || Math.abs(candidate.length - name.length) >= enough) continue
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

/** Levenshtein: how many letters to insert, remove or replace; stops counting at `enough`. Keeps one row of the table. */
function distance(a: string, b: string, enough: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)))
    }
    if (Math.min(...next) >= enough) return enough
    row = next
  }
  return row[b.length]!
}

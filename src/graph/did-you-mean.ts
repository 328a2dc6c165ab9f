/** The name that was probably meant. */
import { quote } from '../errors/describe-value.ts'

/** Names longer than this are not compared: the time is the product of both lengths, and nobody mistypes an essay. */
const LONGEST = 64

/** The candidate nearest to `name`, if it is near enough: about one mistake in three letters, or other capitals only. */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate === name || name.length > LONGEST || candidate.length > LONGEST) continue
    if (Math.abs(candidate.length - name.length) >= least) continue
    const mistakes = distance(name.toLowerCase(), candidate.toLowerCase(), least)
    if (mistakes < least) {
      least = mistakes
      best = candidate
    }
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

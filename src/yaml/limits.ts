/** How large files may be. Beyond any sensible configuration, and small enough that the worst of them is refused within a second. */

/** What is counted of a file while it is read. */
export interface Extent {
  characters: number
  /** What YAML takes a text apart into: each key is about five. */
  signs: number
  /** With those that stand where aliases do. */
  values: number
}

/** Of one file. */
export const MOST_IN_FILE: Readonly<Extent> = { characters: 512 * 1024, signs: 50_000, values: 25_000 }
/** A file and all that it includes may be so many times as large together. */
const FULL_FILES = 4
/** Levels of lists and mappings in each other. */
export const DEEPEST = 100
/** Steps of a flow, with its branches and the names that its steps list. */
export const MOST_STEPS = 1000
/** Files that one file leads to by `include`. */
export const MOST_FILES = 100

const NAMES: Readonly<Record<keyof Extent, string>> = {
  characters: 'characters',
  signs: 'keys, values and signs',
  values: 'values, those behind aliases included',
}

/** Counts what files have, one after the other. */
export class Allowance {
  private readonly all: Extent = { characters: 0, signs: 0, values: 0 }
  private file: Extent = { ...this.all }
  /** Whether the files together have too much: no other needs to be read. */
  exhausted = false

  /** Begins with another file. */
  begin(): void {
    this.file = { characters: 0, signs: 0, values: 0 }
  }

  /** Counts so many more; gives what to say when that is too much. */
  take(of: keyof Extent, count = 1): string | undefined {
    this.file[of] += count
    this.all[of] += count
    const most = MOST_IN_FILE[of]
    if (this.file[of] > most) return `The file has more than ${most.toLocaleString('en-US')} ${NAMES[of]}.`
    if (this.all[of] <= FULL_FILES * most) return undefined
    this.exhausted = true
    return `The files together have more than ${(FULL_FILES * most).toLocaleString('en-US')} ${NAMES[of]}.`
  }
}

/** How large a file may be. Beyond any sensible configuration, and small enough that the worst of them is refused within a second. */

/** Characters of one file. */
export const LONGEST_FILE: number = 1024 * 1024
/** Signs that YAML takes a file apart into: each key is about five. */
export const MOST_SIGNS = 100_000
/** Levels of lists and mappings in each other. */
export const DEEPEST = 100
/** Values in a file, with those that stand where aliases do. */
export const MOST_VALUES = 50_000
/** Files that one file leads to by `include`. */
export const MOST_FILES = 100

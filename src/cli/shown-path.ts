/** Paths as people read them. */
import { relative } from 'node:path'

/** From the working folder, if it is in there. */
export function shownPath(file: string): string {
  const short = relative('', file)
  return short === '' || short.startsWith('..') ? file : short
}

/** From a path in data to the place in the file. */
import { type Datum, type Place, itemsOf, valueOf } from './datum.ts'

const PART = /^\.?(?:([A-Za-z_]\w*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\])/

/** The place of the part of a datum that a path such as `nodes[3].channel` leads to, or of the last part that is there. */
export function placeAt(datum: Datum, path: string): Place {
  let at = datum
  for (let rest = path; rest !== '';) {
    const part = PART.exec(rest)
    if (part === null) break
    const [whole, key, index, quoted] = part
    const next = index === undefined ? valueOf(at, key ?? (JSON.parse(quoted!) as string)) : itemsOf(at)[Number(index)]
    if (next === undefined) break
    at = next
    rest = rest.slice(whole.length)
  }
  return at.place
}

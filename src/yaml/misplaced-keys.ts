/** Keys that are indented too far, or not far enough: what they belong to. */
import { closest } from '../graph/did-you-mean.ts'
import type { MappingDatum, Place } from './datum.ts'
import type { Finding } from './report.ts'
import { type RecordShape, keysOf } from './shape.ts'

/** Keys that stand beside the empty key that they belong below, and what to say of them. */
export function misplacedKeys(
  shape: RecordShape,
  { entries }: MappingDatum,
): {
  readonly keys: ReadonlySet<string>
  readonly findings: readonly { readonly place: Place; readonly finding: Finding }[]
} {
  const keys = new Set<string>()
  const findings = entries.flatMap(({ key, keyPlace, value }) => {
    if (value.kind !== 'scalar' || value.value !== null || !Object.hasOwn(shape.keys, key)) return []
    const inner = keysOf(shape.keys[key]!.shape)
    const strays = entries.filter((other) => !Object.hasOwn(shape.keys, other.key) && inner.includes(other.key))
    if (strays.length === 0) return []
    for (const stray of [key, ...strays.map((stray) => stray.key)]) keys.add(stray)
    const names = strays.map((stray) => stray.key).join(', ')
    const finding: Finding = {
      code: 'ALLORA608',
      message: `${JSON.stringify(key)} is empty: ${names} ${strays.length === 1 ? 'stands' : 'stand'} beside it instead of below it.`,
      fix: `Indent ${names} by two more spaces than ${key}.`,
    }
    return [{ place: keyPlace, finding }]
  })
  return { keys, findings }
}

/** How to mend a key that is not known: the name that was meant, or the record around this one that has it. */
export function whereItBelongs(key: string, shape: RecordShape, within: readonly RecordShape[]): string {
  const known = [...(shape.instead ?? []), ...Object.keys(shape.keys)]
  if (shape.hints !== undefined && Object.hasOwn(shape.hints, key)) return shape.hints[key]!
  const meant = closest(key, known)
  if (meant !== undefined) return `Did you mean ${JSON.stringify(meant)}? ${list(known)}`
  const outer = within.slice(0, -1).findLast(({ keys }) => Object.hasOwn(keys, key))
  if (outer !== undefined)
    return `It is a key of ${outer.what}: indent it less, to the column of the keys it belongs to.`
  return `Remove it. ${list(known)}`
}

const list = (keys: readonly string[]): string =>
  keys.length === 0
    ? 'Nothing stands here.'
    : `Its ${keys.length === 1 ? 'only key is' : 'keys are'} ${keys.join(', ')}.`

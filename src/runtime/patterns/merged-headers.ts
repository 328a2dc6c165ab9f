/** The headers of a message that several became. */
import { type HeadersInit, NO_HEADERS, type Sequence, withHeaders } from '../../message/headers.ts'

/**
 * Headers equal in all members; the sequence and correlation of the split they are parts of give way to those around it. `split` are the
 * headers of the split message itself; absent when the members come from elsewhere, and only tell of it.
 */
export function mergedHeaders(members: readonly HeadersInit[], split: HeadersInit | undefined): HeadersInit {
  const sequence = commonSplit(members)
  const merged = commonHeaders(members, sequence === undefined ? OWN : OWN_OF_PARTS)
  if (sequence === undefined) return merged
  const around = split === undefined ? outside(sequence) : placeOf(split)
  return around === NO_HEADERS ? merged : withHeaders(merged, around)
}

/** What a message does not share with those it is merged with. */
const OWN: ReadonlySet<string> = new Set(['causationId'])
const OWN_OF_PARTS: ReadonlySet<string> = new Set(['causationId', 'correlationId', 'sequence'])

/** Adds what is common, rather than to delete what is not: that would turn the object into a dictionary. */
function commonHeaders(members: readonly HeadersInit[], own: ReadonlySet<string>): HeadersInit {
  let common: Record<string, unknown> | undefined
  const first = members[0]!
  for (const name in first) {
    if (own.has(name) || !isCommon(members, name, first[name])) continue
    common ??= {}
    common[name] = first[name]
  }
  return common ?? NO_HEADERS
}

function isCommon(members: readonly HeadersInit[], name: string, value: unknown): boolean {
  for (let i = 1; i < members.length; i++) if (!Object.is(members[i]![name], value)) return false
  return true
}

/** The sequence of the first member, when all members are parts of the same split. */
function commonSplit(members: readonly HeadersInit[]): Sequence | undefined {
  const first = members[0]!.sequence
  const id = first?.correlationId
  for (let i = 1; i < members.length; i++) if (members[i]!.sequence?.correlationId !== id) return undefined
  return first
}

/** What the split message itself had, as far as its parts tell. */
const outside = ({ outer }: Sequence): HeadersInit =>
  outer === undefined ? NO_HEADERS : { correlationId: outer.correlationId, sequence: outer }

/** The headers that place a message among others. */
function placeOf({ correlationId, sequence }: HeadersInit): HeadersInit {
  if (sequence === undefined) return correlationId === undefined ? NO_HEADERS : { correlationId }
  return correlationId === undefined ? { sequence } : { correlationId, sequence }
}

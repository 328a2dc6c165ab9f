/** Two versions of a part of a YAML document become one: it says what the new one says, in the words and with the comments of the old one. */
import { isDeepStrictEqual } from 'node:util'
import { type Document, type Node, type Pair, type YAMLMap, isMap, isScalar, isSeq } from 'yaml'

/** The old node, changed only where the new one says something else; the new one where they have nothing in common. */
export function merged(old: unknown, fresh: unknown, document: Document): unknown {
  if (isDeepStrictEqual(plain(old, document), plain(fresh, document))) return old
  if (isMap(old) && isMap(fresh)) {
    old.items = mergedPairs(old, fresh, document)
    return old
  }
  if (isSeq(old) && isSeq(fresh)) {
    old.items = mergedItems(old.items, fresh.items, document)
    return old
  }
  return isScalar(old) && isScalar(fresh) ? commentedAs(old, fresh) : fresh
}

/** Keys that were there keep their places, new ones follow. */
function mergedPairs(old: YAMLMap, fresh: YAMLMap, document: Document): Pair[] {
  const wanted = new Map(fresh.items.map((pair) => [keyOf(pair), pair]))
  const kept = old.items.filter((pair) => wanted.has(keyOf(pair)))
  for (const pair of kept) pair.value = merged(pair.value, wanted.get(keyOf(pair))!.value, document)
  const known = new Set(kept.map(keyOf))
  return [...kept, ...fresh.items.filter((pair) => !known.has(keyOf(pair)))]
}

/** Equal items at both ends stay; of those between, each takes the place of the one that stood there, as far as there is one. */
function mergedItems(old: readonly unknown[], fresh: readonly unknown[], document: Document): unknown[] {
  const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(plain(a, document), plain(b, document))
  const most = Math.min(old.length, fresh.length)
  let head = 0
  while (head < most && isSame(old[head], fresh[head])) head++
  let tail = 0
  while (tail < most - head && isSame(old[old.length - 1 - tail], fresh[fresh.length - 1 - tail])) tail++
  const before = old.slice(head, old.length - tail)
  const middle = fresh.slice(head, fresh.length - tail).map((item, i) => replaced(before[i], item, document))
  return [...old.slice(0, head), ...middle, ...old.slice(old.length - tail)]
}

/** An item that takes the place of another: with its comments, but for those of a step that is a different one altogether. */
function replaced(old: unknown, fresh: unknown, document: Document): unknown {
  if (!isMap(old) || !isMap(fresh)) return old === undefined ? fresh : merged(old, fresh, document)
  const [first] = fresh.items
  return first !== undefined && old.has(keyOf(first)) ? merged(old, fresh, document) : commentedAs(old, fresh)
}

function commentedAs<T extends Node>({ commentBefore, comment, spaceBefore }: Node, fresh: T): T {
  return Object.assign(fresh, {
    ...(commentBefore !== undefined && { commentBefore }),
    ...(comment !== undefined && { comment }),
    ...(spaceBefore !== undefined && { spaceBefore }),
  })
}

const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key)

const plain = (node: unknown, document: Document): unknown =>
  typeof node === 'object' && node !== null && 'toJS' in node ? (node as Node).toJS(document) : (node ?? null)

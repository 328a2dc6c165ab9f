/** A value that is not what it must be: what came, and how to write what was meant. */
import { closest } from '../graph/did-you-mean.ts'
import { type Datum, describeDatum } from './datum.ts'
import type { Finding } from './report.ts'
import { type Shape, wordsFor } from './shape.ts'

/** The finding about a value that does not fit its shape. */
export function wrongKind(shape: Shape, datum: Datum): Finding {
  const name = datum.place.key
  const subject =
    typeof name === 'string' ? JSON.stringify(name) : typeof name === 'number' ? `Item ${name + 1}` : 'The file'
  return {
    code: 'ALLORA608',
    message: `${subject} must be ${wordsFor(shape)}, but it is ${describeDatum(datum)}.`,
    fix: fixFor(shape, datum),
  }
}

function fixFor(shape: Shape, datum: Datum): string {
  if (shape.is === 'lazy') return fixFor(shape.shape(), datum)
  if (datum.kind === 'scalar' && datum.value === null)
    return `Write ${wordsFor(shape)} after the colon, or indented below it.`
  switch (shape.is) {
    case 'list':
      return datum.kind === 'list' ? 'Add an item, or remove the key.' : listFix(datum)
    case 'map':
    case 'record':
      return mappingFix(shape, datum)
    case 'step':
      return stepFix(Object.keys(shape.operators), datum)
    case 'text':
      return textFix(datum)
    case 'number':
      return numberFix(shape, datum)
    case 'oneOf':
      return wordFix(shape.values.map(String), datum)
    case 'byKind':
    case 'byKey':
    case 'flag':
    case 'any':
      return `Write ${wordsFor(shape)}.`
  }
}

function listFix(datum: Datum): string {
  if (datum.kind === 'mapping')
    return 'Begin each entry with a dash and a space, and indent its other keys to the column after the dash.'
  return 'Begin each item with a dash and a space, in a line of its own, or write the list in brackets: [a, b].'
}

function mappingFix(shape: Shape & { readonly is: 'map' | 'record' }, datum: Datum): string {
  if (datum.kind === 'list')
    return datum.items.length === 1 ? 'Remove the dash.' : 'Write keys with a colon and a space, without dashes.'
  if (datum.kind === 'mapping') return 'Write a key with a colon and what belongs to it, indented below it.'
  const value = String(datum.value)
  if (shape.is === 'record' && Object.hasOwn(shape.keys, value))
    return `Write a colon and what it needs: "${value}: ...".`
  if (shape.is === 'record' && shape.short !== undefined) return `Write "${shape.short}: ${value}".`
  return 'Write keys with a colon and a space, indented below it.'
}

function stepFix(operators: readonly string[], datum: Datum): string {
  if (datum.kind === 'list') return 'Remove one of the two dashes.'
  const [, operator, argument] = /^(\w+) +(.*)$/.exec(datum.kind === 'scalar' ? String(datum.value) : '') ?? []
  if (operator !== undefined && operators.includes(operator)) return `Write a colon: "${operator}: ${argument}".`
  const meant = datum.kind === 'scalar' ? closest(String(datum.value), operators) : undefined
  if (meant !== undefined) return `Did you mean "${meant}: ..."?`
  return 'Write the operator, a colon and what it needs: "- handle: greet".'
}

function textFix(datum: Datum): string {
  if (datum.kind === 'list')
    return datum.items.length === 1 ? 'Remove the dash or the brackets.' : 'Write one text instead of the list.'
  if (datum.kind === 'mapping')
    return 'Write the text straight after the colon. Options of a step stand beside its operator, in the same column; a text with a colon and a space in it needs quotes.'
  if (datum.value === '') return 'Write the text, or remove the key.'
  return `Put it in quotes: "${String(datum.value)}".`
}

function numberFix(shape: Shape, datum: Datum): string {
  if (datum.kind === 'scalar' && typeof datum.value === 'number') return `Write ${wordsFor(shape)}.`
  const number = datum.kind === 'scalar' && typeof datum.value === 'string' ? Number(datum.value) : NaN
  if (Number.isFinite(number) && datum.kind === 'scalar' && datum.value !== '') return `Remove the quotes: ${number}.`
  return 'Write a number without quotes or a unit.'
}

function wordFix(words: readonly string[], datum: Datum): string {
  const meant = datum.kind === 'scalar' ? closest(String(datum.value), words) : undefined
  return meant === undefined
    ? `Write ${words.length === 1 ? words[0] : `one of ${words.join(', ')}`}.`
    : `Did you mean ${JSON.stringify(meant)}?`
}

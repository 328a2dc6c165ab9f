/** Values in sentences: short, quoted and on one line, whatever came. */

const LONGEST = 80

/** The text in double quotes, with control characters escaped, shortened to 80 characters. */
export function quote(text: string): string {
  const json = JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
  // JSON lets these two pass, and they end a line.
  return json.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
}

/** What came, as the end of "but it is ...": `missing`, `null`, `the number 3`, `the string "a"`, `an array`, `a promise`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `the string ${quote(value)}`
  if (value instanceof Promise) return 'a promise'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  if (typeof value === 'function') return 'a function'
  return `the ${typeof value} ${String(value)}`
}

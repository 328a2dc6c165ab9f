/** Values of a message as the filter language compares them: as text, as a number, or not there at all. */

/** A number of a JSON text that JavaScript would write in another way: `1.0`, or one with more digits than it can hold. */
class WrittenNumber {
  readonly value: number
  readonly text: string

  constructor(value: number, text: string) {
    this.value = value
    this.text = text
  }

  toJSON(): number {
    return this.value
  }
}

/** What may be a number that {@link WrittenNumber} is for; most texts have none and are read without a second look. */
const SPECIAL = /\d\.0|\d[eE]|\d{16}/

/** The payload as JSON: of a text, what it says, `undefined` when it is no JSON; of anything else, itself. */
export function jsonOf(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload
  try {
    return SPECIAL.test(payload) ? (JSON.parse(payload, keepWriting as Reviver) as unknown) : JSON.parse(payload)
  } catch {
    return undefined
  }
}

type Reviver = (key: string, value: unknown) => unknown

function keepWriting(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined || !Number.isInteger(value)) return value
  if (!/[.eE]/.test(context.source))
    return Number.isSafeInteger(value) ? value : new WrittenNumber(value, context.source)
  return new WrittenNumber(value, Math.abs(value) < 1e16 ? `${value}.0` : value.toExponential().replace('+', ''))
}

/** The text of a value, `undefined` for what is not there and what has none. Objects and arrays are compact JSON. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value instanceof WrittenNumber) return value.text
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** The number of a value, also of a text that is one in JSON's way of writing; `NaN` for all others. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof WrittenNumber) return value.value
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : NaN
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

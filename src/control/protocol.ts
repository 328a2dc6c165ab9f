/**
 * What goes over a control socket: one JSON object a line. A request is `{ id, command, args }`; each is answered by `{ id, ok: true, result }`
 * or `{ id, ok: false, error }`, and commands that watch something send `{ id, event }` before that.
 */

/** Bytes of a request at most. */
export const LONGEST_REQUEST: number = 1 << 20

/** A client asks for something. */
export interface ControlRequest {
  /** Comes back with every answer. */
  readonly id: number
  readonly command: string
  readonly args: Readonly<Record<string, unknown>>
}

/** What the server says to a request. */
export type ControlAnswer =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number | null; readonly ok: false; readonly error: ControlFailure }

/** Why a request failed. */
export interface ControlFailure {
  /** Of the error, when it was one of the library. */
  readonly code?: string
  readonly message: string
}

/** Text as a line. What JSON cannot say is said as text: a payload in memory may be anything. */
export function toLine(value: unknown): string {
  return `${JSON.stringify(value, sayable())}\n`
}

/** Numbers beyond JSON, functions and circles become texts; errors become their sentence, maps and sets lists, bytes base64. */
function sayable(): (this: unknown, key: string, value: unknown) => unknown {
  const above: { readonly value: unknown; readonly shown: unknown }[] = []
  return function (_key, value) {
    if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
    if (typeof value === 'function') return `[function ${value.name}]`
    if (typeof value !== 'object' || value === null) return value
    // `this` holds the value: what is no longer above it is done with.
    while (above.length > 0 && above.at(-1)!.shown !== this) above.pop()
    if (above.some((ancestor) => ancestor.value === value)) return '[circular]'
    const shown = plain(value)
    above.push({ value, shown })
    return shown
  }
}

function plain(value: object): object {
  if (value instanceof Map || value instanceof Set) return [...value]
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  if (!(value instanceof Error)) return value
  return { name: value.name, message: value.message, ...('code' in value && { code: value.code }) }
}

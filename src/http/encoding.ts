/** Payloads on their way out, as the bodies of replies and of requests. */

/** Whether a payload is sent piece by piece. */
export const isStream = (payload: unknown): payload is AsyncIterable<unknown> =>
  typeof payload === 'object' && payload !== null && Symbol.asyncIterator in payload

/** The pieces of a stream as bytes. Throws what `refusal` makes of one that is neither text nor bytes. */
export async function* bytesOf(
  pieces: AsyncIterable<unknown>,
  refusal: (piece: unknown) => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    if (typeof piece === 'string') yield Buffer.from(piece)
    else if (piece instanceof Uint8Array) yield piece
    else throw refusal(piece)
  }
}

/** A payload as JSON. Throws what `refusal` makes of one that JSON has no word for; `cause` says why, where there is more to say. */
export function jsonOf(payload: unknown, refusal: (cause?: unknown) => Error): string {
  let json: string | undefined
  try {
    json = JSON.stringify(payload) as string | undefined
  } catch (cause) {
    throw refusal(cause)
  }
  if (json === undefined) throw refusal()
  return json
}

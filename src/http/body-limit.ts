/** Bodies of answers, no further than they are wanted. */

/** Bytes that are read of a body nobody needs: mostly all, so that the connection can be used again. */
export const SHORT_BODY = 16_384

/** The chunks of a body up to a number of bytes; what comes after them is not waited for. */
export async function* upTo(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let left = most
  for await (const chunk of body) {
    yield chunk.length > left ? chunk.subarray(0, left) : chunk
    left -= chunk.length
    // To leave the loop cancels the body.
    if (left <= 0) return
  }
}

/** Lets go of a body that nobody wants. */
export async function dispose({ body, bodyUsed }: Response): Promise<void> {
  if (bodyUsed || body === null) return
  try {
    for await (const _ of upTo(body, SHORT_BODY));
  } catch {
    // The answer was there; how its body ended is of no interest.
  }
}

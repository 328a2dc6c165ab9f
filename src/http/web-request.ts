/** A request that another server took, by the web-standard `Request`. */
import { endedEarly, tooLong } from './body-refusals.ts'
import type { Incoming } from './incoming.ts'

/** See above. */
export class WebRequest implements Incoming {
  readonly method: string
  readonly url: string
  readonly fields: readonly string[]
  readonly version = 'unknown'
  readonly hasBody: boolean
  readonly isOurs = false
  private readonly request: Request

  constructor(request: Request) {
    const { method, url, headers } = request
    this.request = request
    this.method = method
    this.url = url
    this.fields = [...headers].flat()
    // Other servers make body and signal when they are asked for.
    this.hasBody = method !== 'GET' && method !== 'HEAD' && request.body !== null
  }

  get signal(): AbortSignal {
    return this.request.signal
  }

  async bytes(limit: number): Promise<Uint8Array> {
    const reader = this.request.body!.getReader()
    const chunks: Uint8Array[] = []
    let length = 0
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw endedEarly()
      })
      if (done) return Buffer.concat(chunks, length)
      length += value.byteLength
      if (length > limit) {
        // Nobody waits for the end of what is not read.
        void reader.cancel().catch(() => undefined)
        throw tooLong(limit)
      }
      chunks.push(value)
    }
  }
}

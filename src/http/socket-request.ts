/** A request that came by a socket of ours. */
import type { IncomingMessage } from 'node:http'
import { LazySignal } from '../message/lazy-signal.ts'
import { endedEarly, tooLong } from './body-refusals.ts'
import type { Incoming } from './incoming.ts'

/** See above. Its signal is aborted by the server. */
export class SocketRequest implements Incoming {
  readonly method: string
  readonly url: string
  readonly fields: readonly string[]
  readonly version: string
  readonly hasBody: boolean
  readonly isOurs = true
  readonly signal: LazySignal = new LazySignal()
  private readonly source: IncomingMessage

  /** Method and URL are those of the web-standard request, which have been checked. */
  constructor({ method, url }: Pick<Request, 'method' | 'url'>, source: IncomingMessage) {
    const { rawHeaders, httpVersion, headers } = source
    this.source = source
    this.method = method
    this.url = url
    this.fields = rawHeaders
    this.version = httpVersion
    this.hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  }

  bytes(limit: number): Promise<Uint8Array> {
    const { source } = this
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let length = 0
      const take = (chunk: Buffer): void => {
        length += chunk.length
        if (length <= limit) return void chunks.push(chunk)
        // The server reads no more of it, and ends the connection when the client does not stop.
        source.off('data', take).pause()
        reject(tooLong(limit))
      }
      const cut = (): void => {
        if (!source.readableEnded) reject(endedEarly())
      }
      if (source.destroyed) return reject(endedEarly())
      source.on('data', take).on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)))
      source.on('error', cut).on('close', cut)
    })
  }
}

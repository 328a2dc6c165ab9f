/** Clients for tests over real sockets of the loopback interface: one that speaks HTTP, one that says whatever it is told. */
import { type Socket, connect } from 'node:net'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A response as it came. */
export interface RawResponse {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** A connection on which anything can be said. It is closed when the test ends. */
export class RawClient {
  readonly socket: Socket
  /** What has come so far. */
  received = ''
  /** Resolves when the other side has closed. */
  readonly closed: Promise<unknown>

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), '127.0.0.1')
    this.socket.setEncoding('latin1')
    this.socket.on('data', (data: string) => (this.received += data))
    // A reset is one way to be closed.
    this.socket.on('error', () => undefined)
    this.closed = once(this.socket, 'close')
    onTestFinished(() => void this.socket.destroy())
  }

  say(text: string | Uint8Array): this {
    this.socket.write(text)
    return this
  }

  /** What has come, as soon as it matches. Rejects when the connection closes before. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.closed) throw new Error(`closed after ${JSON.stringify(this.received)}`)
      await Promise.race([once(this.socket, 'data'), this.closed])
    }
    return this.received
  }

  /** The responses, when the other side has closed. */
  async all(): Promise<RawResponse[]> {
    await this.closed
    return responsesIn(this.received)
  }
}

/** A request in words. */
export function requestText(method: string, path: string, body = '', fields: readonly string[] = []): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...fields, ...length, '', body].join('\r\n')
}

/** The responses of a text: those with a length, and chunked ones without a body. */
export function responsesIn(text: string): RawResponse[] {
  const responses: RawResponse[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.slice(0, end < 0 ? rest.length : end)
    const chunked = /^transfer-encoding: chunked/im.test(head)
    const length = chunked
      ? rest.indexOf('0\r\n\r\n') + 1 - head.length
      : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    const from = head.length + 4
    responses.push({ status: Number(head.split(' ')[1]), head, body: rest.slice(from, from + length) })
    rest = rest.slice(from + length)
  }
  return responses
}

/** Status and body of a response, the body as JSON where it is. */
export async function seen(
  responding: Response | Promise<Response>,
): Promise<readonly [status: number, body: unknown]> {
  const response = await responding
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return [response.status, isJson ? JSON.parse(text) : text]
}

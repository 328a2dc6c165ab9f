/** The hand-written message: what a message has to be, and nothing else. */

let sent = 0

const NONE: Headers = Object.freeze({})

/** Headers by name. */
export interface Headers {
  readonly correlationId?: string
  readonly size?: number
}

/** A payload, headers, and an id whose text is made when it is read: most are never read. */
export class LimitMessage<P = number> {
  readonly payload: P
  readonly headers: Headers
  private readonly number = ++sent

  constructor(payload: P, headers: Headers = NONE) {
    this.payload = payload
    this.headers = headers
  }

  get id(): string {
    return `m-${this.number.toString(36)}`
  }
}

/** One stays for good: without an instance, V8 forgets the shape at a full collection, and with it all code that was compiled for it. */
const kept: LimitMessage[] = []
kept.push(new LimitMessage(0))

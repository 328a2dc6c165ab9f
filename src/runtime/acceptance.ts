/** Makes messages of what users send: numbered, stamped, never the user's own headers object. */
import { type HeadersInit, NO_HEADERS, withHeaders } from '../message/headers.ts'
import type { IdSource } from '../message/identity.ts'
import { MessageRecord, isDraft, isMessage } from '../message/message.ts'
import { type Clock, type Stamps, stampsOf } from '../transport/clock.ts'

/** The entrance of a runtime: everything from outside becomes a fresh message here (rules M1, M5). */
export class Acceptance {
  private readonly ids: IdSource
  private readonly stamps: Stamps
  private count = 0

  constructor(ids: IdSource, clock: Clock) {
    this.ids = ids
    this.stamps = stampsOf(clock)
  }

  /** A fresh message of a payload, a draft, or a message received before, which becomes its cause. */
  accept(value: unknown): MessageRecord {
    if (isDraft(value)) return this.fresh(value.payload, value.headers)
    if (isMessage(value)) return this.fresh(value.payload, { ...value.headers, causationId: value.id })
    return this.fresh(value, NO_HEADERS)
  }

  /** The same with a return address. */
  acceptRequest(value: unknown, replyTo: string): MessageRecord {
    const message = this.accept(value)
    message.rawHeaders = withHeaders(message.rawHeaders, { replyTo })
    return message
  }

  private fresh(payload: unknown, headers: HeadersInit): MessageRecord {
    return new MessageRecord(payload, headers, this.stamps.next(), this.ids, ++this.count)
  }
}

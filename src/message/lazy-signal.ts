/** A signal that is made only when somebody asks for it: most work ends before anybody does, and to make one takes longer than to send a message. */

/** What is told of an abort. */
export interface AbortListener {
  /** It has been aborted. */
  handleEvent(): void
}

/** What an `AbortSignal` and a {@link LazySignal} have in common. */
export interface Abortable {
  readonly aborted: boolean
  readonly reason: unknown
  /** Throws the reason once it is aborted. */
  throwIfAborted(): void
  /** Has a listener told, once. */
  addEventListener(type: 'abort', listener: AbortListener): void
  /** Has it told no more. */
  removeEventListener(type: 'abort', listener: AbortListener): void
}

/** Stands for a signal, and has one listener at most that does without it. For arrivals of a source that come often (`ReplyWish`). */
export class LazySignal implements Abortable {
  aborted = false
  reason: unknown = undefined
  private listener: AbortListener | undefined = undefined
  private controller: AbortController | undefined = undefined

  /** The signal itself, for code that has not heard of this class. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    // Once more makes no difference.
    if (this.aborted) this.controller.abort(this.reason)
    return this.controller.signal
  }

  /** Aborts it; the first reason holds. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.listener?.handleEvent()
    this.controller?.abort(reason)
  }

  /** Throws the reason once it is aborted. */
  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  /** Has the listener told, in place of the one before. */
  addEventListener(_: 'abort', listener: AbortListener): void {
    this.listener = listener
  }

  /** Has nobody told. */
  removeEventListener(): void {
    this.listener = undefined
  }
}

/** The same as options that others may copy: the signal is among what they copy. */
export class CopyableSignal extends LazySignal {
  constructor() {
    super()
    Object.defineProperty(this, 'signal', { enumerable: true, get: () => super.signal })
  }
}

/** The signal of some options, not made if it has not been yet. */
export const abortableOf = (options: { readonly signal?: AbortSignal } | undefined): Abortable | undefined =>
  options instanceof LazySignal ? options : options?.signal

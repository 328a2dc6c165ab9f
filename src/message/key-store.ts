/** Where an idempotent receiver remembers keys; give it one of your own to remember beyond the process. */

/**
 * Keys that were handled, and those that are being handled. When `commit` or `release` fails, that is logged and not tried again: a store
 * that may fail lets a reservation end by itself after some time. A key whose message waits in a group that is kept in a store, and that
 * fails after a restart, counts as handled.
 */
export interface KeyStore {
  /**
   * Takes a key. `true` when it is new: whoever took it must commit or release it. `false` when it has been handled. While another
   * has it, the answer waits for that one's end.
   */
  reserve(key: string): boolean | Promise<boolean>
  /** The key has been handled and is remembered for `window` milliseconds (absent = as long as there is room). */
  commit(key: string, window: number | undefined): void | Promise<void>
  /** Handling failed: the key is new again. It may have been committed before, when its message went into a group that failed later. */
  release(key: string): void | Promise<void>
}

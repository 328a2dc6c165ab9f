/** Keeps one instance of a class alive. */

/** All that are kept. */
export const retained: object[] = []

/**
 * V8 forgets the shape of a class of which no instance is left at a major garbage collection, and with it all code that was optimized
 * for it; a runtime that is idle at such a moment would be several times slower afterwards, until it is warm again. So the classes of
 * which each message makes new instances keep one for good.
 */
export function retain(instance: object): void {
  retained.push(instance)
}

/** The adapters that graphs name: made by functions, as the builder writes them and other tools give them. */
import { describeValue, quote } from '../errors/describe-value.ts'
import { InvalidStepError } from '../errors/flow-errors.ts'

/** What the function of an adapter makes; the function itself where it is one. Throws `InvalidStepError` when that has not the method it is used by. */
export function adapterOf<T extends object>(name: string, make: Function, method: keyof T & string): T {
  const adapter: unknown = method in make ? make : make()
  const mayHaveIt = (typeof adapter === 'object' && adapter !== null) || typeof adapter === 'function'
  if (mayHaveIt && method in adapter) return adapter as T
  throw new InvalidStepError(
    `The function ${quote(name)} must give an adapter with the method ${quote(method)}, but it gave ${describeValue(adapter)}. Write () => ${method === 'open' ? 'timer({ every: 1_000 })' : 'sink((payload) => ...)'}.`,
  )
}

/** Services that are classes: `@Service('price')` names the class, an instance is made when it is bound, and `handle` is the function. */
import { ServiceMakingError } from '../errors/flow-errors.ts'
import {
  type LooseFunction,
  type Named,
  type Provides,
  nameClass,
  service,
  serviceEntry,
  type AnyFunction,
} from './service.ts'

/** An object whose method `handle` is called with the payload and the exchange. */
export interface ServiceObject {
  /** Does the work. */
  handle(...args: never[]): unknown
}

/** A class of such objects. */
export type ServiceClass = abstract new (...args: never[]) => ServiceObject

/**
 * Names a class, so that it can be bound to a flow as a service (a decorator of the standard, without `experimentalDecorators`). What its
 * constructor needs is given by a factory, which may be left out when it needs nothing. The one instance is made when the service is bound.
 *
 * @throws InvalidNameError when the name is empty.
 *
 * @example
 * ```ts no-run
 * import { Service } from 'allora'
 * import { loadRuntime } from 'allora/yaml'
 *
 * const rates = new Map([['EUR', 1.1]])
 *
 * @Service('convert', () => new Convert(rates))
 * class Convert {
 *   private readonly rates: ReadonlyMap<string, number>
 *   constructor(rates: ReadonlyMap<string, number>) {
 *     this.rates = rates
 *   }
 *   handle(order: { readonly currency: string; readonly total: number }): number {
 *     return order.total * (this.rates.get(order.currency) ?? 1)
 *   }
 * }
 *
 * const rt = loadRuntime('allora.yml', { services: { convert: Convert } })
 * ```
 */
export function Service(
  name: string,
): <C extends new () => ServiceObject>(target: C, context?: ClassDecoratorContext<C>) => void
export function Service<I extends ServiceObject>(
  name: string,
  make: () => I,
): <C extends abstract new (...args: never[]) => I>(target: C, context?: ClassDecoratorContext<C>) => void
export function Service(name: string, make?: () => ServiceObject) {
  return (target: new () => ServiceObject): void => {
    nameClass(target, name, handlerOf(name, make ?? (() => new target())))
  }
}

/**
 * The function of a class that was named by {@link Service}, for a step: `.handle(serviceOf(Convert))`.
 *
 * @throws ServiceMakingError when the class has no `@Service`, or its instance cannot be made.
 */
export function serviceOf<C extends ServiceClass>(
  target: C,
): InstanceType<C>['handle'] & Named<Provides<string, InstanceType<C>['handle']>> {
  const entry = serviceEntry(target as unknown as AnyFunction)
  if (entry !== undefined) return service(entry.name, entry.fn!)
  throw new ServiceMakingError(
    `The class ${target.name} is no service. Write @Service('${target.name.toLowerCase()}') above it, or give an object's function: service('name', (payload) => it.handle(payload)).`,
  )
}

/** Makes the instance, once, and gives the function that calls it. */
export function handlerOf(name: string, make: () => ServiceObject): () => LooseFunction {
  let handler: LooseFunction | undefined
  return () => (handler ??= handlerMade(name, make))
}

function handlerMade(name: string, make: () => ServiceObject): LooseFunction {
  let instance: ServiceObject
  try {
    instance = make()
  } catch (cause) {
    throw new ServiceMakingError(
      `The service "${name}" could not be made: ${String(cause)} See to what its constructor needs.`,
      { cause },
    )
  }
  if (typeof (instance as Partial<ServiceObject> | undefined)?.handle === 'function')
    return (...args) => instance.handle(...(args as never[]))
  throw new ServiceMakingError(
    `The service "${name}" was made without a method "handle". Give it one: handle(payload, exchange) { ... }.`,
  )
}

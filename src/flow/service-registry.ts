/** A registry of services: each has its name once, its type is known by it, and tools can list them. */
import { DuplicateServiceError, UnknownServiceError } from '../errors/flow-errors.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import { type ServiceClass, type ServiceObject, handlerOf } from './service-class.ts'
import {
  type AnyFunction,
  type LooseFunction,
  type Named,
  type Provides,
  checkService,
  service,
  serviceEntry,
} from './service.ts'

/** One line of a list of services. */
export interface ServiceInfo {
  readonly name: string
  /** `class`: an instance is made when the service is bound. */
  readonly kind: 'function' | 'class'
}

type Fresh<Name, S> = Name extends keyof S ? FlowTypeError<`the service "${Name & string}" is there already`> : unknown

/** Services by name; never changed, only added to. */
export interface ServiceRegistry<out S extends object = {}> {
  /** All functions by name, for `runtime(app, { services })`. Classes get their instances now. */
  readonly functions: S
  /** What there is, in the order it was added. */
  readonly list: readonly ServiceInfo[]
  /**
   * Adds a function. Throws `DuplicateServiceError`, `InvalidNameError` and `InvalidStepError`.
   *
   * @typeParam F - The function's own type.
   */
  add<const Name extends string, F extends LooseFunction>(
    name: Name & Fresh<Name, S>,
    fn: F,
  ): ServiceRegistry<S & { readonly [N in Name]: F }>
  /** Adds an object that a factory makes, once, with all that its constructor needs. Throws `DuplicateServiceError`. */
  make<const Name extends string, I extends ServiceObject>(
    name: Name & Fresh<Name, S>,
    factory: () => I,
  ): ServiceRegistry<S & { readonly [N in Name]: I['handle'] }>
  /** Adds a class that has its name by `@Service`, which types do not know. Throws `DuplicateServiceError`. */
  use(target: ServiceClass): ServiceRegistry<S>
  /** The function of a name, for a step; the graph knows it by that name. Throws `UnknownServiceError`. */
  get<Name extends keyof S & string>(name: Name): S[Name] & Named<Provides<Name, S[Name]>>
}

/**
 * Makes a registry without services. It may stand for the `services` of `loadRuntime`, and a module for the command line (`--services`)
 * may export one.
 *
 * @example
 * ```ts
 * import { app, direct, flow, registry, runtime } from 'allora'
 *
 * class Price {
 *   private readonly prices: Readonly<Record<string, number>>
 *   constructor(prices: Readonly<Record<string, number>>) {
 *     this.prices = prices
 *   }
 *   handle(article: string): number {
 *     return this.prices[article] ?? 0
 *   }
 * }
 *
 * const services = registry()
 *   .add('trim', (text: string) => text.trim())
 *   .make('price', () => new Price({ tea: 3 }))
 *
 * const prices = flow('prices').from(direct('articles').of<string>()).handle(services.get('trim')).handle(services.get('price')).build()
 *
 * await using rt = await runtime(app(prices)).start()
 * await rt.request('articles', ' tea ') // => { _tag: 'Right', right: 3 }
 * services.list // => [{ name: 'trim', kind: 'function' }, { name: 'price', kind: 'class' }]
 * ```
 */
export function registry(): ServiceRegistry {
  // The registry is blind to types: its face has them.
  return new Registry([]) as unknown as ServiceRegistry
}

/** Whether a value is a registry, also one of another copy of the library. */
export function isRegistry(value: unknown): value is ServiceRegistry<Readonly<Record<string, AnyFunction>>> {
  return typeof value === 'object' && value !== null && BRAND in value
}

const BRAND: unique symbol = Symbol.for('allora/services')

interface Entry extends ServiceInfo {
  readonly handler: () => LooseFunction
}

class Registry {
  readonly [BRAND] = true
  private readonly entries: readonly Entry[]
  private readonly named = new Map<string, LooseFunction>()

  constructor(entries: readonly Entry[]) {
    this.entries = entries
  }

  get functions(): Readonly<Record<string, LooseFunction>> {
    return Object.fromEntries(this.entries.map(({ name, handler }) => [name, handler()]))
  }

  get list(): readonly ServiceInfo[] {
    return this.entries.map(({ name, kind }) => ({ name, kind }))
  }

  add(name: string, fn: LooseFunction): Registry {
    checkService(name, fn)
    return this.with({ name, kind: 'function', handler: () => fn })
  }

  make(name: string, factory: () => ServiceObject): Registry {
    checkService(name, factory)
    return this.with({ name, kind: 'class', handler: handlerOf(name, factory) })
  }

  use(target: ServiceClass): Registry {
    const entry = serviceEntry(target as unknown as AnyFunction)
    if (entry === undefined) {
      throw new UnknownServiceError(
        `The class ${target.name} has no name as a service. Write @Service('${target.name.toLowerCase()}') above it, or add it with make('${target.name.toLowerCase()}', () => new ${target.name}(...)).`,
      )
    }
    return this.with({ name: entry.name, kind: 'class', handler: () => entry.fn as LooseFunction })
  }

  get(name: string): LooseFunction {
    const known = this.named.get(name)
    if (known !== undefined) return known
    const entry = this.entries.find((each) => each.name === name)
    if (entry === undefined) throw this.unknown(name)
    const made = service(name, entry.handler())
    this.named.set(name, made)
    return made
  }

  private with(entry: Entry): Registry {
    if (this.entries.every(({ name }) => name !== entry.name)) return new Registry([...this.entries, entry])
    throw new DuplicateServiceError(
      `The registry has a service "${entry.name}" already. Give one of the two another name.`,
    )
  }

  private unknown(name: string): UnknownServiceError {
    const names = this.entries.map((entry) => JSON.stringify(entry.name))
    const known = names.length === 0 ? 'It has none yet.' : `It has ${names.join(', ')}.`
    return new UnknownServiceError(
      `The registry has no service "${name}". ${known} Add it: registry().add('${name}', fn).`,
    )
  }
}

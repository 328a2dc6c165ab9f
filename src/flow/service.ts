/** Services: named functions. The graph stores the name, the function travels beside it. */
import { describeValue } from '../errors/describe-value.ts'
import { InvalidNameError, InvalidStepError, UnboundServiceError } from '../errors/flow-errors.ts'
import type { Exchange } from '../message/exchange.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { FailureOf, TypedOutcome, ValueOf } from './outcome.ts'

declare const names: unique symbol

/** A function that a step calls with the payload and the exchange. `N` are the services it stands for. */
export interface Handler<in P, in H, out R, out N = never> {
  readonly [names]?: N | undefined
  (payload: P, exchange: Exchange<P, H>): R
}

/** What a function made by {@link service} or {@link contract} tells the flow it is used in. */
export interface Named<out N> {
  readonly [names]?: N | undefined
}

/**
 * Adds to the type of an option: its function is there when the flow is built. The runtime asks only for contracts that are the function
 * of a step; to ask for those in options too, every step would have to know the type of each.
 */
export interface NoContract {
  readonly [names]?:
    | {
        readonly name?: string
        readonly needs?: FlowTypeError<'a contract can only be the function of a step: write a function or service(...) here'>
      }
    | undefined
}

/** The services a function stands for. */
export type NamesIn<F> = F extends Named<infer N> ? N : never

/** A service that a flow brings along. */
export interface Provides<out Name extends string, out F> {
  readonly name: Name
  readonly fn: F
}

/** A service that a flow expects from the runtime. */
export interface Needs<out Name extends string, in In, R> {
  readonly needs: Name
  /** What the function must take and give. */
  readonly fn: (payload: In, exchange: Exchange<In>) => TypedOutcome<FailureOf<R>, ValueOf<R>>
}

/** Any function that can be a service. */
export type AnyFunction = (...args: never[]) => unknown

/** Any function, where a parameter without a type is `unknown`. Written as a method, because functions are not compared so freely. */
export type LooseFunction = { method(...args: unknown[]): unknown }['method']

/** Behind a name: the function, or nothing yet. */
export interface ServiceEntry {
  readonly name: string
  readonly fn?: AnyFunction
}

const entries: WeakMap<AnyFunction, ServiceEntry> = new WeakMap()

/**
 * Names a function, so that the graph, drawings, YAML and `replace` know it by that name.
 *
 * @throws InvalidNameError when the name is empty.
 * @throws InvalidStepError when it is no function.
 *
 * @typeParam F - The function's own type.
 *
 * @example
 * ```ts
 * import { direct, flow, service } from 'allora'
 *
 * const trim = service('trim', (text: string) => text.trim())
 * const { graph, functions } = flow('tidy').from(direct('in')).handle(trim).build()
 *
 * graph.nodes[1] // => { id: 'n1', kind: 'handle', service: 'trim' }
 * Object.keys(functions) // => ['trim']
 * ```
 */
export function service<const Name extends string, F extends LooseFunction>(
  name: Name,
  fn: F,
): F & Named<Provides<Name, F>> {
  checkService(name, fn)
  const named = (...args: never[]): unknown => fn(...args)
  entries.set(named, { name, fn })
  return named as F
}

/**
 * Names a service by its signature only: the function is given to `runtime(app, { services })`, which then asks for it.
 * `Out` is what its steps go on with: the runtime may be given a function that returns it plain or in a `Promise`, and with an
 * `Either` as `Out` in a `TaskEither`.
 *
 * @throws InvalidNameError when the name is empty.
 *
 * @example
 * ```ts
 * import { app, contract, direct, flow, runtime } from 'allora'
 *
 * const rate = contract<string, number>()('rate')
 * const convert = flow('convert').from(direct('currency').of<string>()).handle(rate).build()
 *
 * await using rt = await runtime(app(convert), { services: { rate: async (currency) => currency.length } }).start()
 * const reply = await rt.request('currency', 'EUR') // => { _tag: 'Right', right: 3 }
 * ```
 */
export function contract<In, Out>(): <const Name extends string>(
  name: Name,
) => ((payload: In) => Out) & Named<Needs<Name, In, Out>> {
  return (name) => {
    checkName('contract', name)
    const unbound = (_payload: In): Out => {
      throw new UnboundServiceError(
        `The service "${name}" is a contract without a function. Give it to runtime(app, { services: { '${name}': ... } }).`,
      )
    }
    entries.set(unbound, { name })
    return unbound
  }
}

/** The name and function behind what {@link service} or {@link contract} made; `undefined` for any other function. */
export function serviceEntry(fn: AnyFunction): ServiceEntry | undefined {
  return entries.get(fn)
}

/** Gives a class a name. Its function is made when it is asked for. */
export function nameClass(target: object, name: string, handler: () => LooseFunction): void {
  checkName('service', name)
  entries.set(target as AnyFunction, {
    name,
    get fn() {
      return handler()
    },
  })
}

/** Throws `InvalidNameError` or `InvalidStepError` for what is no service, whatever the types said. */
export function checkService(name: string, fn: unknown): void {
  checkName('service', name)
  if (typeof fn === 'function') return
  throw new InvalidStepError(
    `The service ${JSON.stringify(name)} must be a function, but it is ${describeValue(fn)}. Write (payload) => ...`,
  )
}

function checkName(what: string, name: string): void {
  if (typeof name === 'string' && name !== '') return
  throw new InvalidNameError(
    `A ${what} needs a name: a string that is not empty, but it got ${JSON.stringify(name)}. Write ${what === 'service' ? "service('price', fn)" : "contract<In, Out>()('price')"}.`,
  )
}

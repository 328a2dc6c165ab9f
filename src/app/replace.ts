/** Other functions in the place of an app's own: for tests, and for a dry run. */
import { describeValue, quote } from '../errors/describe-value.ts'
import { InvalidStepError, UnknownFunctionError } from '../errors/flow-errors.ts'
import type { AnyFlow, RefsOf } from '../flow/flow-def.ts'
import type { LooseFunction } from '../flow/service.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import type { AnyApp, App } from './app.ts'
import type { Provided } from './registry.ts'

/** What can stand in for the functions of an app: services by name and type, those of a node by `<flow>/<node>`. */
export type Replacements<F extends AnyFlow> = Partial<Provided<RefsOf<F>>> & NodeFunctions

/** Functions of nodes, by `<flow>/<node>`. The compiler does not know which node has which types, so any function will do. */
type NodeFunctions = Readonly<Record<`${string}/${string}`, LooseFunction>>

/**
 * The same app with some functions replaced; the given one stays as it is.
 *
 * @throws UnknownFunctionError when the app has no function of that name.
 *
 * @example
 * ```ts
 * import { app, direct, flow, queue, replace, runtime } from 'allora'
 *
 * const greet = app(flow('hello').from(direct('in')).handle((name: string) => `Hello, ${name}!`).to(queue('out')).build())
 *
 * await using rt = await runtime(replace(greet, { 'hello/n1': () => 'stubbed' })).start()
 * await rt.send('in', 'World')
 * const { payload } = await rt.channel('out').receive()
 * payload // => 'stubbed'
 * ```
 */
export function replace<F extends AnyFlow>(app: App<F>, functions: Replacements<F>): App<F> {
  for (const [name, fn] of Object.entries(functions)) {
    if (!Object.hasOwn(app.functions, name)) throw unknownFunction(app, name)
    if (typeof fn !== 'function')
      throw new InvalidStepError(
        `The replacement of ${quote(name)} must be a function, but it is ${describeValue(fn)}.`,
      )
  }
  return Object.freeze({ ...app, functions: Object.freeze({ ...app.functions, ...functions }) })
}

function unknownFunction({ functions, contracts }: AnyApp, name: string): UnknownFunctionError {
  const fix = contracts.includes(name)
    ? `It is a contract: give it to runtime(app, { services }).`
    : `${didYouMean(name, Object.keys(functions))}Its functions are ${Object.keys(functions).map(quote).join(', ')}.`
  return new UnknownFunctionError(`The app has no function ${quote(name)} to replace. ${fix}`)
}

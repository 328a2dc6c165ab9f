/** What a file describes becomes an app: names get their functions, adapters and transports what makes them. */
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { NonEmptyArray } from 'fp-ts/lib/NonEmptyArray.js'
import type { App } from '../app/app.ts'
import { type UntypedFlow, appFromGraph } from '../app/app-from-graph.ts'
import { functionsNamedIn } from '../app/graph-of.ts'
import { quote } from '../errors/describe-value.ts'
import { type ServiceRegistry, isRegistry } from '../flow/service-registry.ts'
import { type AnyFunction, serviceEntry } from '../flow/service.ts'
import type { Diagnostic } from '../graph/diagnostic.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import { memory } from '../memory/memory.ts'
import type { Source } from '../message/source.ts'
import type { Transport } from '../transport/transport.ts'
import type { AlloraFile, HttpInboundSpec, HttpOutboundSpec, TransportSpec } from './allora-file.ts'
import { valueOf } from './datum.ts'
import { madeBuiltIn } from './built-in-adapters.ts'
import { builtInFunction } from './built-in-functions.ts'
import { inboundAdapter, outboundAdapter } from './http-adapters.ts'
import { originOf, remember } from './origins.ts'
import { Report } from './report.ts'

/** What makes the adapters that files describe; absent = `allora/http`. */
export interface AdapterFactories {
  /** Gives a source of requests. */
  readonly 'http-inbound-adapter'?: (spec: HttpInboundSpec) => Source<unknown>
  /** Gives a function that sends a message and gives the response. */
  readonly 'http-outbound-adapter'?: (spec: HttpOutboundSpec) => AnyFunction
}

/** What a file needs to be run. */
export interface BindOptions {
  /**
   * By the names in the file: functions, classes with `@Service`, or a registry of them. A schema (Standard Schema) may stand for the function of a `validate`, and a source, a sink or
   * a store for the function that gives it.
   */
  readonly services?: Readonly<Record<string, unknown>> | ServiceRegistry
  readonly adapters?: AdapterFactories
  /** By name. These go before what the file says of transports. */
  readonly transports?: Readonly<Record<string, Transport>>
  /** What makes the transports that the file describes, by their type; `memory` is there. */
  readonly transportTypes?: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Transport>>
}

/** An app that can be run. */
export interface BoundFile {
  readonly app: App<UntypedFlow>
  readonly transports: Readonly<Record<string, Transport>>
}

/** Makes an app of a file. `Left` has every name that nothing stands for, with its place in the file. */
export function bindFile(file: AlloraFile, options: BindOptions = {}): Either<NonEmptyArray<Diagnostic>, BoundFile> {
  const binder = new Binder(file, options)
  const functions = binder.functions()
  const transports = binder.transports()
  const [first, ...others] = binder.report.diagnostics
  if (first !== undefined) return left([first, ...others])
  const app = appFromGraph(file.graph, functions)
  const origin = originOf(file)
  if (origin !== undefined) remember(app, origin)
  return right({ app, transports })
}

class Binder {
  readonly report: Report = new Report()
  private readonly file: AlloraFile
  private readonly options: BindOptions
  private readonly services: Readonly<Record<string, unknown>>

  constructor(file: AlloraFile, options: BindOptions) {
    this.file = file
    this.options = options
    const { services = {} } = options
    this.services = isRegistry(services) ? services.functions : (services as Readonly<Record<string, unknown>>)
  }

  /** Every function that the graph names, by its name. */
  functions(): Record<string, AnyFunction> {
    const { flows, channels = [] } = this.file.graph
    const names = new Set([...flows.flatMap(functionsNamedIn), ...channels.flatMap(({ compare }) => compare ?? [])])
    return Object.fromEntries(
      [...names].flatMap((name) => {
        const fn = this.adapter(name) ?? this.service(name)
        return fn === undefined ? [] : [[name, fn]]
      }),
    )
  }

  transports(): Record<string, Transport> {
    const made = Object.entries(this.file.transports).flatMap(([name, spec]) => {
      const transport = this.options.transports?.[name] ?? this.transport(name, spec)
      return transport === undefined ? [] : [[name, transport] as const]
    })
    const all = { ...this.options.transports, ...Object.fromEntries(made) }
    this.lookUpTransports([...Object.keys(this.file.transports), ...Object.keys(all)])
    return all
  }

  /** Reports channels that are bound to a transport nobody has heard of. */
  private lookUpTransports(known: readonly string[]): void {
    const { flows, channels = [] } = this.file.graph
    const bound = new Map([...flows, { channels }].flatMap((each) => each.channels.map((spec) => [spec.id, spec])))
    for (const { id, transport } of bound.values()) {
      if (transport === undefined || known.includes(transport)) continue
      this.report.error(originOf(this.file)?.channels.get(id)?.place, {
        code: 'ALLORA613',
        channelId: id,
        message: `Channel ${quote(id)} is bound to the transport ${quote(transport)}, and there is none of this name.`,
        fix: `${didYouMean(transport, known)}Describe it below transports, or bring it along: { transports: { ${JSON.stringify(transport)}: ... } }.`,
      })
    }
  }

  /** What a name stands for without being brought along. */
  private builtIn(name: string): AnyFunction | undefined {
    const { builtIns } = this.file
    return Object.hasOwn(builtIns, name) ? () => madeBuiltIn(builtIns[name]!) : builtInFunction(name)
  }

  private service(name: string): AnyFunction | undefined {
    const { services } = this
    const given = Object.hasOwn(services, name) ? services[name] : undefined
    const fn = given === undefined ? this.builtIn(name) : asFunction(given)
    if (fn !== undefined) return fn
    const mention = originOf(this.file)?.mentions.find((each) => each.name === name)
    const what =
      given === undefined
        ? `There is no service ${quote(name)}.`
        : `The service ${quote(name)} is neither a function nor a schema, source, sink or store.`
    const known = Object.keys(services)
    this.report.error(mention?.place, {
      code: 'ALLORA108',
      message: what,
      fix: `${didYouMean(name, known)}${known.length === 0 ? `Bring it along: in code as { services: { ${JSON.stringify(name)}: ... } }, for the command line as an export of services.ts beside the file.` : `The services are ${known.map(quote).join(', ')}.`}`,
    })
    return undefined
  }

  /** The adapter that a name stands for: that of the graph of its own flow, or the id of one that steps use, unless a service has it. */
  private adapter(name: string): AnyFunction | undefined {
    const { adapters = {} } = this.options
    const spec = this.file.adapters.find(
      ({ service, id, kind }) =>
        service === name || (id === name && kind === 'http-outbound-adapter' && !Object.hasOwn(this.services, name)),
    )
    if (spec === undefined) return undefined
    const { 'http-inbound-adapter': source = inboundAdapter, 'http-outbound-adapter': request = outboundAdapter } =
      adapters
    return spec.kind === 'http-inbound-adapter' ? () => source(spec) : request(spec)
  }

  private transport(name: string, { type, options }: TransportSpec): Transport | undefined {
    const types: NonNullable<BindOptions['transportTypes']> = { memory: () => memory(), ...this.options.transportTypes }
    const make = Object.hasOwn(types, type) ? types[type] : undefined
    if (make !== undefined) return make(options)
    const { files = [] } = originOf(this.file) ?? {}
    const place = files.flatMap(({ datum }) => valueOf(valueOf(datum, 'transports'), name)?.place ?? [])[0]
    this.report.error(place, {
      code: 'ALLORA613',
      message: `The transport ${quote(name)} is of the type ${quote(type)}, which nothing was given for.`,
      fix: `${didYouMean(type, Object.keys(types))}Bring along what makes it, { transportTypes: { ${JSON.stringify(type)}: ... } }, or the transport itself, { transports: { ${JSON.stringify(name)}: ... } }.`,
    })
    return undefined
  }
}

/** The function that the graph asks for; of a schema the one that validates, of an adapter or a store the one that gives it. */
function asFunction(given: unknown): AnyFunction | undefined {
  if (typeof given === 'function') return serviceEntry(given as AnyFunction)?.fn ?? (given as AnyFunction)
  if (typeof given !== 'object' || given === null) return undefined
  if ('~standard' in given) {
    const { '~standard': standard } = given as {
      readonly '~standard': { readonly validate: (payload: unknown) => unknown }
    }
    return (payload: unknown) => standard.validate(payload)
  }
  return ['open', 'write', 'put', 'reserve', 'load'].some(
    (method) => typeof (given as Record<string, unknown>)[method] === 'function',
  )
    ? () => given
    : undefined
}

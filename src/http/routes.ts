/** Finds who answers a request by its path and method. The patterns are those of hono, whose routers do the work. */
import type { Result, Router } from 'hono/router'
import { HttpBindingError } from '../errors/http-errors.ts'
import { type Answer, problem } from './answer.ts'
import type { Incoming } from './incoming.ts'
import type { Routing } from './routing.ts'

/** One who answers requests. */
export interface Route {
  readonly path: string
  readonly methods: ReadonlySet<string>
  serve(incoming: Incoming, at: Place): Promise<Answer>
}

/** Where a request goes to. */
export interface Place {
  /** As it was sent, without the query. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>
}

/** A table of routes. The one that was added first goes before those that take the same request. */
export class Routes {
  private readonly routing: Routing
  private readonly routes = new Set<Route>()
  private router: Router<Route> | undefined = undefined

  constructor(routing: Routing) {
    this.routing = routing
  }

  get size(): number {
    return this.routes.size
  }

  /** Throws `HttpBindingError` when another route has the same path and one of the methods. */
  add(route: Route): void {
    for (const { path, methods } of this.routes) {
      const shared = [...route.methods].find((method) => methods.has(method))
      if (path !== route.path || shared === undefined) continue
      throw new HttpBindingError(
        `Two flows answer ${shared} ${path} on the same server, so one of them would never get a request. Give one of them another path, method or port.`,
      )
    }
    this.routes.add(route)
    this.router = undefined
  }

  delete(route: Route): void {
    this.routes.delete(route)
    this.router = undefined
  }

  serve(incoming: Incoming): Answer | Promise<Answer> {
    const { method, url } = incoming
    const [path, query] = targetOf(url)
    const decoded = decodedPath(path)
    if (decoded === undefined) return problem(400, 'The path is not encoded as it should be, or leads out of itself.')
    const [matches, stash] = this.match(decoded)
    if (matches.length === 0) return problem(404)
    const match =
      matches.find(([{ methods }]) => methods.has(method)) ?? matches.find(([route]) => isHead(method, route))
    if (match === undefined) return otherMethod(method, matches)
    const [route, found] = match
    const parameters: Record<string, string> = {}
    for (const name in found) {
      const value = typeof found[name] === 'number' ? stash?.[found[name]] : found[name]
      if (value !== undefined) parameters[name] = value.includes('%') ? decodeURIComponent(value) : value
    }
    return route.serve(incoming, { path, query, parameters })
  }

  private match(path: string): Result<Route> {
    this.router ??= this.build()
    return this.router.match('ALL', path)
  }

  /** A router takes no more routes once it has been asked. */
  private build(): Router<Route> {
    const router = this.routing.makeRouter<Route>()
    for (const route of this.routes) router.add('ALL', route.path, route)
    return router
  }
}

const isHead = (method: string, { methods }: Route): boolean => method === 'HEAD' && methods.has('GET')

function otherMethod(method: string, matches: Result<Route>[0]): Answer {
  const allowed = new Set([...matches.flatMap(([{ methods }]) => [...methods]), 'OPTIONS'])
  if (allowed.has('GET')) allowed.add('HEAD')
  const fields = [['allow', [...allowed].toSorted().join(', ')]] as const
  return method === 'OPTIONS' ? { status: 204, fields, body: undefined } : problem(405, undefined, { fields })
}

function targetOf(url: string): [path: string, query: string] {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const hash = url.indexOf('#', start)
  const end = hash < 0 ? url.length : hash
  const mark = url.indexOf('?', start)
  return mark < 0 || mark > end ? [url.slice(start, end), ''] : [url.slice(start, mark), url.slice(mark + 1, end)]
}

/** The path to be looked up, in which what stands for a slash or a percent sign stays encoded. `undefined` when it is to be refused. */
function decodedPath(path: string): string | undefined {
  if (!path.includes('%')) return path
  try {
    if (LEADS_OUT.test(decodeURIComponent(path))) return undefined
    return decodeURI(path.replaceAll('%25', '%2525'))
  } catch {
    return undefined
  }
}

/** What goes up by an encoded slash, or ends early where a path is handed to the system. */
const LEADS_OUT = /(?:^|[/\\])\.{1,2}(?:[/\\]|$)|\0/

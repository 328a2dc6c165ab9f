/** Attaches a flow to a server that is there already, by the web-standard `Request` and `Response`. */
import { HttpBindingError } from '../errors/http-errors.ts'
import type { AnyFlow } from '../flow/flow-def.ts'
import { problem, responseOf } from './answer.ts'
import { openingsOf } from './inbound.ts'
import { overloaded } from './reply.ts'
import { WebRequest } from './web-request.ts'

/** What servers call for each request. It never rejects. */
export type FetchHandler = (request: Request) => Promise<Response>

/**
 * Makes a function of a flow that answers a request, for any server that takes one: hono, Bun, Deno, or Node by the
 * `getRequestListener` of `@hono/node-server`. The flow begins with an `http.inbound`, which needs no port then; its path and methods hold
 * here too. Requests go to the runtime that runs the flow, the one started last if there are several. While there is none, the answer is 503.
 *
 * @throws HttpBindingError when the flow begins with anything else.
 *
 * @example
 * ```ts
 * import { app, flow, runtime } from 'allora'
 * import { http } from 'allora/http'
 *
 * const double = flow('double')
 *   .from(http.inbound({ path: '/double', body: 'text' }))
 *   .transform((text) => 2 * Number(text))
 *   .build()
 * const handle = http.handler(double)
 *
 * await using rt = await runtime(app(double)).start()
 * const response = await handle(new Request('http://localhost/double', { method: 'POST', body: '21' }))
 * const body = await response.json() // => 42
 * ```
 */
export function handler(flow: AnyFlow): FetchHandler {
  const openings = openingsOf(sourceOf(flow))
  if (openings === undefined) {
    throw new HttpBindingError(
      `Flow "${flow.graph.id}" does not begin with http.inbound, so it takes no requests. Write flow("${flow.graph.id}").from(http.inbound({ path: '/...' })).`,
      { flowId: flow.graph.id },
    )
  }
  return async (request) => {
    const headOnly = request.method === 'HEAD'
    const routes = openings.latest?.routes
    if (routes === undefined) return responseOf(overloaded(1), headOnly)
    try {
      return responseOf(await routes.serve(new WebRequest(request)), headOnly)
    } catch {
      return responseOf(problem(500), headOnly)
    }
  }
}

function sourceOf({ graph, functions }: AnyFlow): unknown {
  const node = graph.nodes.find(({ kind }) => kind === 'source')
  return node?.kind === 'source' ? functions[node.adapter]?.() : undefined
}

/** A request on its way to a flow, from a socket or from another server. */

/** See above. */
export interface Incoming {
  readonly request: Request
  /** The header fields as they came: name, value, name, value. */
  readonly fields: readonly string[]
  /** `1.1`, or `unknown`. */
  readonly version: string
  readonly hasBody: boolean
}

/** A request that another server took. */
export function incomingOf(request: Request): Incoming {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.body !== null
  return { request, fields: [...request.headers].flat(), version: 'unknown', hasBody }
}

/** What can be said of a server that flows listen by: TLS, and the limits that keep slow and greedy clients off. */
import type { SecureContextOptions } from 'node:tls'

/** See above. Times are milliseconds. */
export interface ServerOptions {
  /** Key and certificate, and what else Node takes for TLS; absent = plain HTTP. */
  readonly tls?: SecureContextOptions & { readonly requestCert?: boolean; readonly rejectUnauthorized?: boolean }
  /** For a client to send the head of a request; absent = 10,000. */
  readonly headersTimeout?: number
  /** For a client to send a whole request; absent = 30,000. It gets 408 then. */
  readonly requestTimeout?: number
  /** For which a connection is kept open between requests; absent = 5,000. */
  readonly keepAliveTimeout?: number
  /** Bytes of the head of a request; absent = 16,384. A longer one gets 431. */
  readonly maxHeaderSize?: number
  /** Connections at the same time; absent = no limit. More are closed at once. */
  readonly maxConnections?: number
}

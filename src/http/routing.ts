/** The packages that serve HTTP, loaded when they are needed: a program that only sends requests does without them. */
import type { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { getRequestListener } from '@hono/node-server'
import type { Router } from 'hono/router'
import { MissingPackageError } from '../errors/lifecycle-errors.ts'

/** What is used of them. */
export interface Routing {
  readonly makeRouter: <T>() => Router<T>
  readonly getRequestListener: typeof getRequestListener
  /** Tells the listener that it has nothing to write. */
  readonly alreadySent: typeof RESPONSE_ALREADY_SENT
}

/** Loads them. Rejects with `MissingPackageError` when one is not installed. */
export async function loadRouting(): Promise<Routing> {
  try {
    const [node, response, smart, regExp, trie] = await Promise.all([
      import('@hono/node-server'),
      import('@hono/node-server/utils/response'),
      import('hono/router/smart-router'),
      import('hono/router/reg-exp-router'),
      import('hono/router/trie-router'),
    ])
    return {
      makeRouter: <T>() =>
        new smart.SmartRouter<T>({ routers: [new regExp.RegExpRouter<T>(), new trie.TrieRouter<T>()] }),
      getRequestListener: node.getRequestListener,
      alreadySent: response.RESPONSE_ALREADY_SENT,
    }
  } catch (cause) {
    throw new MissingPackageError(
      'http.inbound needs the packages "hono" and "@hono/node-server", which cannot be loaded. Install them: npm install hono @hono/node-server',
      { cause },
    )
  }
}

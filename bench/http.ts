/** What a flow behind HTTP costs beside a bare server of the same library: both run as processes of their own and take turns. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { ServerKind } from './studies/http-server.ts'

/** What a run of the study finds out. */
export interface HttpCost {
  /** Microseconds of CPU a request, the best round. */
  readonly cpu: { readonly bare: number; readonly flow: number }
  /** Requests a second, the best round. */
  readonly rate: { readonly bare: number; readonly flow: number }
  /** Milliseconds until the answer through two queues with random delays, with so many requests in flight. */
  readonly hops: { readonly inFlight: number; readonly median: number; readonly p99: number }
}

const BODY = JSON.stringify({ id: 'o-1', total: 7, lines: [{ sku: 'tea', count: 2 }] })
const REQUEST = `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
/** Each response has it once. */
const END = '"ok":true}'

/** Measures. `quick` takes some seconds. */
export async function httpCost(quick: boolean): Promise<HttpCost> {
  const [bare, flow, hops] = await Promise.all((['bare', 'flow', 'hops'] as const).map((kind) => Server.start(kind)))
  try {
    const requests = quick ? 4_000 : 10_000
    for (const server of [bare!, flow!]) await server.round(requests)
    for (let round = 0; round < (quick ? 5 : 15); round++)
      for (const server of [bare!, flow!]) await server.round(requests)
    const inFlight = quick ? 2_000 : 10_000
    const waits = (await load(hops!.port, inFlight, inFlight / 20, 20)).toSorted((a, b) => a - b)
    const at = (part: number): number => waits[Math.floor(part * (waits.length - 1))]!
    return {
      cpu: { bare: bare!.cpu, flow: flow!.cpu },
      rate: { bare: bare!.rate, flow: flow!.rate },
      hops: { inFlight, median: at(0.5), p99: at(0.99) },
    }
  } finally {
    for (const server of [bare, flow, hops]) server!.stop()
  }
}

/** A server with its best figures. */
class Server {
  readonly port: number
  cpu = Infinity
  rate = 0
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.child = child
    this.port = port
  }

  static async start(kind: ServerKind): Promise<Server> {
    const path = join(import.meta.dirname, 'studies/http-server.ts')
    const child = fork(path, [kind], {
      execArgv: ['--conditions=allora-source', '--disable-warning=ExperimentalWarning'],
    })
    const [port] = (await once(child, 'message')) as [number]
    return new Server(child, port)
  }

  async round(requests: number): Promise<void> {
    const [cpu, start] = [await this.used(), performance.now()]
    await load(this.port, requests, 20, 1)
    this.rate = Math.max(this.rate, requests / ((performance.now() - start) / 1_000))
    this.cpu = Math.min(this.cpu, ((await this.used()) - cpu) / requests)
  }

  stop(): void {
    this.child.kill()
  }

  private async used(): Promise<number> {
    this.child.send('cpu')
    const [microseconds] = (await once(this.child, 'message')) as [number]
    return microseconds
  }
}

/** Sends requests over so many connections, never more than `depth` unanswered on each, and gives how many milliseconds each took. */
async function load(port: number, requests: number, connections: number, depth: number): Promise<number[]> {
  const waits: number[] = []
  const share = Math.ceil(requests / connections)
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent: number[] = []
      let [left, unsent, rest] = [share, share, '']
      const say = (): void => {
        for (; unsent > 0 && sent.length < depth; unsent--) {
          sent.push(performance.now())
          socket.write(REQUEST)
        }
      }
      const socket = connect(port, '127.0.0.1', say).setEncoding('latin1')
      socket.on('data', (data: string) => {
        const pieces = (rest + data).split(END)
        rest = pieces.pop()!
        for (let n = 0; n < pieces.length; n++) waits.push(performance.now() - sent.shift()!)
        left -= pieces.length
        if (left === 0) socket.destroy()
        else say()
      })
      socket.on('error', reject)
      socket.on('close', () =>
        left === 0 ? resolve() : reject(new Error(`The server closed, ${left} unanswered: ${rest}`)),
      )
    })
  await Promise.all(Array.from({ length: connections }, one))
  return waits
}

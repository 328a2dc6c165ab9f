/** W4: filter orders, split each into ten lines, route every line to one of three branches, aggregate them again. */
import { app, direct, flow, queue, runtime } from 'allora'
import type { Contender, Order, Tasks } from '../contender.ts'
import { type Headers, LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'

/** What the branches do, by `branchOf`. */
export const branches = {
  goods: (line: number): number => line + 1,
  download: (line: number): number => line * 2,
  voucher: (line: number): number => line - 3,
}

/** The branch of a line. */
export const branchOf = (line: number): keyof typeof branches =>
  line % 3 === 0 ? 'goods' : line % 3 === 1 ? 'download' : 'voucher'

/** Whether an order passes the filter: seven of eight do. */
export const isOpen = (order: Order): boolean => order.open

/** The lines of an order. */
export const linesOf = (order: Order): readonly number[] => order.lines

/** Makes one of ten lines. */
export function total(lines: readonly number[]): number {
  let sum = 0
  for (const line of lines) sum += line
  return sum
}

/** Sends orders and receives what becomes of the open ones. */
export function orderTurns(
  send: (order: Order) => PromiseLike<unknown>,
  receive: () => PromiseLike<{ readonly payload: number }>,
): Contender {
  return {
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const open = i % 8 !== 7
        await send({ open, lines: [i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9] })
        if (open) sum += (await receive()).payload
      }
      return sum
    },
  }
}

/** By hand: parts are messages with a correlation id and a size, and meet again by them. */
export const limit: Pick<Tasks, 'orders'> = {
  orders() {
    const output = new LimitQueue<LimitMessage>()
    const groups = new Map<string, number[]>()
    const aggregate = ({ payload, headers }: LimitMessage): Promise<void> | undefined => {
      const id = headers.correlationId!
      let group = groups.get(id)
      if (group === undefined) groups.set(id, (group = []))
      if (group.push(payload) < headers.size!) return undefined
      groups.delete(id)
      return output.put(new LimitMessage(total(group)))
    }
    return orderTurns(
      async (order) => {
        const message = new LimitMessage(order)
        if (!isOpen(message.payload)) return
        const lines = linesOf(message.payload)
        const headers: Headers = { correlationId: message.id, size: lines.length }
        for (const line of lines) {
          const full = aggregate(new LimitMessage(branches[branchOf(line)](line), headers))
          if (full !== undefined) await full
        }
      },
      () => output.receive(),
    )
  },
}

/** With Allora. */
export const allora: Pick<Tasks, 'orders'> = {
  async orders() {
    const orders = flow('orders')
      .from(direct('orders').of<Order>())
      .filter(isOpen)
      .split(linesOf)
      .routeBy(branchOf, {
        goods: (line) => line.transform(branches.goods),
        download: (line) => line.transform(branches.download),
        voucher: (line) => line.transform(branches.voucher),
      })
      .aggregate({ combine: total })
      .to(queue('totals').of<number>())
      .build()
    const rt = await runtime(app(orders)).start()
    const totals = rt.channel('totals')
    return orderTurns(
      (order) => rt.send('orders', order),
      () => totals.receive(),
    )
  },
}

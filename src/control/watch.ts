/** Watching over the control socket: what happens to messages, while it happens and without taking any. */
import { once } from 'node:events'
import type { RuntimeEvents } from '../runtime/events.ts'
import type { ControlExchange } from './control-exchange.ts'

/** Events that are told. */
const WATCHED = ['accepted', 'failed', 'retried', 'dead', 'dropped'] as const

/** Bytes that may wait for a slow client; what happens meanwhile is only counted for it. */
const MOST_WAITING: number = 1 << 20

/** Tells the client every event, of one channel if it named one, until it is gone. */
export async function watch({ runtime, args, signal, emit, backlog }: ControlExchange): Promise<null> {
  const { channel } = args
  // An unknown channel is an error now, not silence for ever.
  if (typeof channel === 'string') runtime.channel(channel)
  let skipped = 0
  const stops = WATCHED.map((type) =>
    runtime.on(type, (event: RuntimeEvents[typeof type]) => {
      if (channel !== undefined && !('channelId' in event && event.channelId === channel)) return
      if (backlog() > MOST_WAITING) return void skipped++
      if (skipped > 0) void emit({ type: 'skipped', count: skipped })
      skipped = 0
      void emit({ type, ...told(event) })
    }),
  )
  await emit({ type: 'watching' })
  if (!signal.aborted) await once(signal, 'abort')
  for (const stop of stops) stop()
  return null
}

/** Live objects as plain data, as they are now. */
function told(event: RuntimeEvents[(typeof WATCHED)[number]]): object {
  const { id, timestamp, payload, headers } = event.message
  const error = 'error' in event ? { error: { code: event.error.code, message: event.error.message } } : {}
  return { ...event, message: { id, timestamp, payload, headers }, ...error }
}

/** What a running app does when it is asked over its control socket. */
import { ControlRequestError } from '../errors/control-errors.ts'
import { UnsupportedError } from '../errors/channel-errors.ts'
import { describeValue, quote } from '../errors/describe-value.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import type { HeadersInit } from '../message/headers.ts'
import { message } from '../message/message.ts'
import type { PollableChannel } from '../runtime/channel.ts'
import type { DeadLetterFilter, DeadReason, RedriveOptions } from '../runtime/dead-letters.ts'
import type { StopReport } from '../runtime/stop-report.ts'
import type { AnyMessage } from '../transport/transport.ts'
import type { Controlled } from './controlled.ts'
import type { ControlExchange } from './control-exchange.ts'
import { redrive } from './redrive.ts'
import { watch } from './watch.ts'

type Request = (exchange: ControlExchange) => unknown

const REASONS: readonly DeadReason[] = ['failed', 'invalid', 'expired', 'group-timeout']

/** The commands by name. */
const REQUESTS: Readonly<Record<string, Request>> = {
  info: ({ runtime, about }) => ({ ...about, state: runtime.state, flows: runtime.control.flows() }),
  send,
  receive,
  tail: watch,
  metrics: ({ runtime }) => runtime.metrics(),
  'dlq ls': ({ runtime, args }) => runtime.deadLetters.list(filterIn(args)),
  'dlq show': ({ runtime, args }) => runtime.deadLetters.show(text(args, 'id')),
  'dlq redrive': (exchange) => redrive(exchange, filterIn(exchange.args), redriveOptionsIn(exchange.args)),
  'dlq rm': ({ runtime, args }) => runtime.deadLetters.remove(filterIn(args)),
  stop,
}

/** Does what a client asks. Throws or rejects with what it is to be told. */
export function answer(command: string, exchange: ControlExchange): unknown {
  if (Object.hasOwn(REQUESTS, command)) return REQUESTS[command]!(exchange)
  const names = Object.keys(REQUESTS)
  throw new ControlRequestError(
    `There is no command ${quote(command)}. ${didYouMean(command, names)}The commands are ${names.join(', ')}.`,
  )
}

async function send({ runtime, args, signal }: ControlExchange): Promise<null> {
  const { payload, headers } = args
  const value = headers === undefined ? payload : message(payload, record(headers, 'headers'))
  await runtime.sendUnknown(text(args, 'channel'), value, { ...timeoutIn(args), signal })
  return null
}

/** Takes messages from a channel and settles each when the client has it: one that cannot be written goes back. */
async function receive({ runtime, args, signal, emit }: ControlExchange): Promise<{ readonly received: number }> {
  const id = text(args, 'channel')
  const most = number(args, 'count') ?? 1
  let received = 0
  while (received < most) {
    const delivery = await pollable(runtime, id).take({ ...timeoutIn(args), signal })
    if (delivery === undefined) break
    if (!(await emit(plain(delivery.message)))) {
      await delivery.nack()
      break
    }
    await delivery.ack()
    received++
  }
  return { received }
}

function stop({ runtime, args }: ControlExchange): Promise<StopReport> {
  return runtime.stop(timeoutIn(args))
}

function pollable(runtime: Controlled, id: string): PollableChannel<unknown> {
  const channel = runtime.channel(id)
  if ('take' in channel) return channel as PollableChannel<unknown>
  throw new UnsupportedError(
    `Channel ${quote(id)} holds no messages to receive: it hands each one to its consumers. Use tail to watch it.`,
    { channelId: id },
  )
}

const plain = ({ id, timestamp, payload, headers }: AnyMessage): object => ({ id, timestamp, payload, headers })

function filterIn(args: ControlExchange['args']): DeadLetterFilter {
  const filter: Record<string, string> = {}
  for (const name of ['id', 'flowId', 'nodeId', 'channelId', 'reason']) {
    if (args[name] !== undefined) filter[name] = text(args, name)
  }
  const { reason } = filter
  if (reason !== undefined && !REASONS.some((known) => known === reason)) {
    throw new ControlRequestError(
      `There is no reason ${quote(reason)}. ${didYouMean(reason, REASONS)}The reasons are ${REASONS.join(', ')}.`,
    )
  }
  return filter
}

function redriveOptionsIn({ dryRun, from = 'start' }: ControlExchange['args']): RedriveOptions {
  if (from === 'start' || from === 'node') return { dryRun: dryRun === true, from }
  throw new ControlRequestError(`"from" must be "start" or "node", but it is ${describeValue(from)}.`)
}

function timeoutIn(args: ControlExchange['args']): { readonly timeout?: number } {
  const timeout = number(args, 'timeout')
  return timeout === undefined ? {} : { timeout }
}

function text(args: ControlExchange['args'], name: string): string {
  const value = args[name]
  if (typeof value === 'string' && value !== '') return value
  throw new ControlRequestError(`${quote(name)} must be a text, but it is ${describeValue(value)}.`)
}

function number(args: ControlExchange['args'], name: string): number | undefined {
  const value = args[name]
  if (value === undefined || (typeof value === 'number' && value >= 0)) return value
  throw new ControlRequestError(`${quote(name)} must be a number from 0, but it is ${describeValue(value)}.`)
}

function record(value: unknown, name: string): HeadersInit {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as HeadersInit
  throw new ControlRequestError(`${quote(name)} must be an object, but it is ${describeValue(value)}.`)
}

/** Headers that have other names in Allora: files may go on reading them by those. */
import type { Exchange } from '../message/exchange.ts'

const OLD: Readonly<Record<string, (exchange: Exchange<unknown>) => string>> = {
  corr_id: (exchange) => exchange.correlationId,
  correlation_id: (exchange) => exchange.correlationId,
  message_id: ({ message }) => message.id,
}

/** The header of this name; of a message that has it not, what an old name stands for. `undefined` when there is neither. */
export function headerOf(exchange: Exchange<unknown>, name: string): unknown {
  const { headers } = exchange.message
  if (Object.hasOwn(headers, name)) return (headers as Readonly<Record<string, unknown>>)[name]
  return Object.hasOwn(OLD, name) ? OLD[name]?.(exchange) : undefined
}

/** Whether a text may speak of an old name. */
export const mentionsOldHeader = (text: string): boolean => Object.keys(OLD).some((name) => text.includes(name))

/** The payload of a message, and its headers with the old names beside them. */
export function withOldHeaders(exchange: Exchange<unknown>): { readonly payload: unknown; readonly headers: object } {
  const { payload, headers } = exchange.message
  const old = Object.keys(OLD).map((name) => [name, headerOf(exchange, name)] as const)
  return { payload, headers: { ...headers, ...Object.fromEntries(old) } }
}

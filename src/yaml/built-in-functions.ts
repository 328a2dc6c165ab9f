/** The functions that names in a file stand for without being brought along: conditions, headers as keys, and Allora's strategies. */
import { AggregationError, CorrelationError } from '../errors/handling-errors.ts'
import type { AnyFunction } from '../flow/service.ts'
import type { Exchange } from '../message/exchange.ts'
import { conditionFunction } from './apl-shape.ts'
import { headerOf } from './old-headers.ts'

const HEADER = 'header: '

/** The name of the function that gives a header as the key of a group. */
export function correlatorName(header: string): string {
  return HEADER + header
}

/** The function that a name stands for by itself. */
export function builtInFunction(name: string): AnyFunction | undefined {
  if (Object.hasOwn(STRATEGIES, name)) return STRATEGIES[name]
  return name.startsWith(HEADER) ? correlator(name.slice(HEADER.length)) : conditionFunction(name)
}

/** What makes one message of a group. */
const STRATEGIES: Readonly<Record<string, AnyFunction>> = {
  'allora.concat_text': (group: readonly unknown[]) => {
    const other = group.find((payload) => typeof payload !== 'string')
    if (other === undefined) return group.join('')
    throw new AggregationError(
      `The strategy allora.concat_text joins texts, but a payload of the group is ${other === null ? 'null' : typeof other}. Use allora.json_array, or make texts of the payloads before.`,
    )
  },
  'allora.json_array': (group: readonly unknown[]) =>
    group.map((payload) => (payload instanceof Uint8Array ? [...payload] : (payload ?? null))),
  'allora.emit_signal': () => null,
}

function correlator(header: string): AnyFunction {
  return (_: unknown, exchange: Exchange<unknown>) => {
    const key = headerOf(exchange, header)
    if (key !== undefined) return key
    throw new CorrelationError(
      `A message has no header ${JSON.stringify(header)}, by which its aggregator groups. Set the header before the message gets there.`,
      { messageId: exchange.message.id },
    )
  }
}

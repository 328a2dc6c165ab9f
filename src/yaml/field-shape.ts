/** The shapes of fields of the graph: what the tables of graph/shape.ts say, as it is written in a file. */
import { match } from 'ts-pattern'
import type { Field } from '../graph/field.ts'
import type { KeyShape, NumberShape, RecordShape, Shape, TextShape } from './shape.ts'

/** An id. */
export const idShape: TextShape = { is: 'text', what: 'an id, which is a text that is not empty' }
/** The id of a channel that is declared somewhere. */
export const channelShape: TextShape = { is: 'text', what: 'the id of a channel', names: 'channel' }
/** The name of a service. */
export const functionShape: TextShape = { is: 'text', what: 'the name of a service', names: 'function' }

const anyText: TextShape = { is: 'text', what: 'a text', mayBeEmpty: true }

/** What may stand for a field. */
function fieldShape(field: Field, name = ''): Shape {
  return match<Field, Shape>(field)
    .with({ type: 'id' }, () => ({ is: 'text', what: 'a text that is not empty' }))
    .with({ type: 'text' }, () => anyText)
    .with({ type: 'texts' }, () => ({ is: 'list', what: 'a list of texts', of: anyText }))
    .with({ type: 'flag' }, () => ({ is: 'flag' }))
    .with({ type: 'number' }, ({ least, whole, orUnbounded }) => ({
      is: 'number',
      least,
      whole,
      ...(orUnbounded && { word: 'unbounded' }),
    }))
    .with({ type: 'oneOf' }, ({ values }) => ({ is: 'oneOf', values }))
    .with({ type: 'function' }, { type: 'selector' }, () => functionShape)
    .with({ type: 'flow' }, () => ({ is: 'text', what: 'the id of a flow', names: 'flow' }))
    .with({ type: 'channel' }, () => channelShape)
    .with({ type: 'channels' }, () => ({ is: 'list', what: 'a list of channels', least: 1, of: channelShape }))
    .with({ type: 'record' }, ({ fields, orNumber }) => {
      const mapping: RecordShape = { is: 'record', what: `the mapping of ${name}`, keys: fieldKeys(fields) }
      return orNumber === undefined ? mapping : { is: 'byKind', number: fieldShape(orNumber) as NumberShape, mapping }
    })
    .exhaustive()
}

/** The keys for fields. */
export function fieldKeys(fields: Readonly<Record<string, Field>>): Record<string, KeyShape> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      {
        shape: fieldShape(field, name),
        ...(field.optional !== true && { required: true }),
        ...(SAYS[name] && { says: SAYS[name] }),
      },
    ]),
  )
}

/** What editors say about fields that several operators or channels have. */
const SAYS: Readonly<Record<string, string>> = {
  id: 'Unique among its kind; left out, it is numbered.',
  kind: 'How it hands messages over.',
  retry: 'Calls again when a call failed. Off unless given.',
  timeout: 'Milliseconds.',
  circuitBreaker: 'Refuses calls while too many of the last ones failed.',
  concurrency: 'At the same time, at most.',
  orderBy: 'A service that gives a key: messages of one key keep their order.',
  discardTo: 'A channel for what does not go on; left out, it is counted as dropped.',
  correlateBy: 'A service that gives the key of a message; left out, its correlation id.',
  capacity: 'Messages held at most; left out, 1,024.',
  overflow: 'What a full channel does with one more message; left out, wait.',
  transport: 'The transport it is bound to, by name; left out, the default.',
  max: 'A number that is not exceeded.',
}

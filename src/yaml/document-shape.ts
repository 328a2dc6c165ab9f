/** What a document holds: the keys of version 1, which are Allora's, and those that version 2 adds. */
import { CHANNEL_FIELDS } from '../graph/shape.ts'
import { COMPONENTS } from './components.ts'
import { fieldKeys, idShape } from './field-shape.ts'
import { fromShape, stepsShape } from './operators.ts'
import type { KeyShape, RecordShape, Shape } from './shape.ts'

const text = (what: string): Shape => ({ is: 'text', what })

/** A channel of version 2: every kind, every option. Without a kind it is direct, as in version 1. */
const channelShape2: RecordShape = {
  is: 'record',
  what: 'a channel',
  short: 'id',
  keys: {
    ...fieldKeys(CHANNEL_FIELDS),
    id: { shape: idShape },
    kind: { shape: fieldKeys(CHANNEL_FIELDS)['kind']!.shape },
  },
}

const channelsShape: Shape = { is: 'list', what: 'a list of channels', of: channelShape2 }

const flowShape: Shape = {
  is: 'byKey',
  key: 'graph',
  with: {
    is: 'record',
    what: 'a flow as a graph',
    keys: {
      id: { shape: idShape, required: true },
      graph: { shape: { is: 'any' }, required: true, says: 'Channels, nodes and edges, as toJson writes them.' },
    },
  },
  without: {
    is: 'record',
    what: 'a flow',
    keys: {
      id: { shape: idShape, says: 'Left out, it is that of the channel it reads from.' },
      from: { shape: fromShape, required: true, says: 'The channel it reads from, or a source.' },
      channels: { shape: channelsShape, says: 'What this flow alone says of channels.' },
      steps: { shape: stepsShape, says: 'What becomes of each message.' },
    },
  },
}

const transportShape: RecordShape = {
  is: 'record',
  what: 'a transport',
  open: true,
  keys: { type: { shape: text('the type of a transport'), required: true, says: 'Which factory makes it.' } },
}

const includeShape: Shape = {
  is: 'byKind',
  text: { is: 'text', what: 'the path of a file' },
  list: { is: 'list', what: 'a list of paths', of: text('the path of a file') },
}

const components = (channels: Shape, channel: Shape): Record<string, KeyShape> => ({
  channels: { shape: channels, says: 'The channels of the app.' },
  ...Object.fromEntries(
    COMPONENTS.map(({ list, what, shape }) => [
      list,
      { shape: { is: 'list', what: `a list of ${what}s`, least: 1, of: shape } },
    ]),
  ),
  channel: { shape: channel, says: 'One channel, in a file of its own.' },
  ...Object.fromEntries(COMPONENTS.map(({ single, shape }) => [single, { shape }])),
})

const channelShape1: RecordShape = {
  is: 'record',
  what: 'a channel',
  short: 'id',
  keys: {
    kind: { shape: { is: 'oneOf', values: ['direct', 'queue'] }, says: 'Left out, it is direct.' },
    id: { shape: idShape, lax: true, says: 'Left out, it is channel:auto.1 and so on.' },
  },
}

const version = (number: 1 | 2): Record<string, KeyShape> => ({
  version: { shape: { is: 'oneOf', values: [number] }, required: true, says: 'The version of the format.' },
})

const ONLY_IN_2 = 'It belongs to version 2: write "version: 2" in the first line.'

/** A document of version 1. */
export const DOCUMENT_1: RecordShape = {
  is: 'record',
  what: 'a file of version 1',
  hints: { flows: ONLY_IN_2, include: ONLY_IN_2, transports: ONLY_IN_2 },
  keys: { ...version(1), ...components({ is: 'list', what: 'a list of channels', of: channelShape1 }, channelShape1) },
}

/** A document of version 2. */
export const DOCUMENT_2: RecordShape = {
  is: 'record',
  what: 'a file of version 2',
  keys: {
    ...version(2),
    include: {
      shape: includeShape,
      says: 'Other files, whose channels, flows and components are those of this one too.',
    },
    transports: {
      shape: { is: 'map', what: 'a mapping of names to transports', of: transportShape },
      says: 'Transports by name.',
    },
    ...components(channelsShape, channelShape2),
    flows: { shape: { is: 'list', what: 'a list of flows', of: flowShape }, says: 'The flows of the app.' },
  },
}

/** docs/patterns.md has every pattern of the book, in its order; test/docs.test.ts runs what it shows. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const PAGE = readFileSync(new URL('../docs/patterns.md', import.meta.url), 'utf8')

/** Hohpe and Woolf, Enterprise Integration Patterns (2003): the patterns of chapters 2, 3, 4, 5, 7, 8, 10 and 11. */
const PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'Integration Styles (chapter 2)': ['File Transfer', 'Shared Database', 'Remote Procedure Invocation', 'Messaging'],
  'Messaging Systems (chapter 3)': [
    'Message Channel',
    'Message',
    'Pipes and Filters',
    'Message Router',
    'Message Translator',
    'Message Endpoint',
  ],
  'Messaging Channels (chapter 4)': [
    'Point-to-Point Channel',
    'Publish-Subscribe Channel',
    'Datatype Channel',
    'Invalid Message Channel',
    'Dead Letter Channel',
    'Guaranteed Delivery',
    'Channel Adapter',
    'Messaging Bridge',
    'Message Bus',
  ],
  'Message Construction (chapter 5)': [
    'Command Message',
    'Document Message',
    'Event Message',
    'Request-Reply',
    'Return Address',
    'Correlation Identifier',
    'Message Sequence',
    'Message Expiration',
    'Format Indicator',
  ],
  'Message Routing (chapter 7)': [
    'Content-Based Router',
    'Message Filter',
    'Dynamic Router',
    'Recipient List',
    'Splitter',
    'Aggregator',
    'Resequencer',
    'Composed Message Processor',
    'Scatter-Gather',
    'Routing Slip',
    'Process Manager',
    'Message Broker',
  ],
  'Message Transformation (chapter 8)': [
    'Envelope Wrapper',
    'Content Enricher',
    'Content Filter',
    'Claim Check',
    'Normalizer',
    'Canonical Data Model',
  ],
  'Messaging Endpoints (chapter 10)': [
    'Messaging Gateway',
    'Messaging Mapper',
    'Transactional Client',
    'Polling Consumer',
    'Event-Driven Consumer',
    'Competing Consumers',
    'Message Dispatcher',
    'Selective Consumer',
    'Durable Subscriber',
    'Idempotent Receiver',
    'Service Activator',
  ],
  'System Management (chapter 11)': [
    'Control Bus',
    'Detour',
    'Wire Tap',
    'Message History',
    'Message Store',
    'Smart Proxy',
    'Test Message',
    'Channel Purger',
  ],
}

/** The text of each chapter, by its heading. */
const chapters = new Map(
  PAGE.split('\n## ')
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
)
const namesIn = (text: string): string[] => [...text.matchAll(/^- \*\*(.+?)\.\*\* \S/gm)].map(([, name]) => name!)

test('the page has all 65 patterns by name, in the chapters and the order of the book', () => {
  expect(Object.fromEntries([...chapters].map(([heading, text]) => [heading, namesIn(text)]))).toEqual(PATTERNS)
  expect(Object.values(PATTERNS).flat()).toHaveLength(65)
})

test('every pattern has an example below it, except those for which the page says what to use', () => {
  const bare = [...chapters.values()].flatMap((text) => namesIn(text.slice(text.lastIndexOf('```'))))
  expect(bare).toEqual(['Messaging', 'Message Bus', 'Message Broker'])
  for (const name of ['Shared Database', 'Guaranteed Delivery', 'Message Bus', 'Message Broker'])
    expect(PAGE.slice(PAGE.indexOf(`**${name}.**`)).split('\n- **')[0]).toMatch(/\b[Uu]se\b/)
})

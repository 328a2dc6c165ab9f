/**
 * Files that are wrong, with what is said about them. `mistakes.md` is their snapshot: read it aloud after each change, every message must
 * be understood by somebody who is no programmer.
 */
import { expect, test } from 'vitest'
import { formatDiagnostic } from '../../src/graph/diagnostic.ts'
import { found } from './marked.ts'

const v1 = (rest: string): string => `version: 1
channels:
  - id: orders
  - id: shipped
    kind: queue
${rest}`
const v2 = (steps: string): string => `version: 2
channels:
  - { id: orders, kind: queue }
  - { id: shipped, kind: queue }
flows:
  - id: shipping
    from: orders
    steps:
${steps}`

const MISTAKES: Readonly<Record<string, string>> = {
  // The text as YAML.
  'a tab as indentation': 'version: 1\nchannels:\n\t- id: orders',
  'a dash that is missing': 'version: 1\nchannels:\n  - id: orders\n  id: shipped',
  'an item indented by one space less': 'version: 1\nchannels:\n  - id: orders\n - id: shipped',
  'a key indented by one space less': 'version: 1\nchannels:\n  - id: orders\n   kind: queue',
  'a list among the keys of a mapping': 'version: 1\nchannels:\n  id: orders\n  - id: shipped',
  'a key in the column of a list': '- version: 1\nchannels: []',
  'a list in the line of its key': 'version: 1\nchannels: - id: orders',
  'no space after a colon': 'version:1\nchannels: []',
  'no colon': 'version: 1\nchannels\n  - id: orders',
  'a quote that is never closed': 'version: 1\nchannels:\n  - id: "orders\n  - id: shipped',
  'a bracket that is never closed': 'version: 1\nchannels: [{ id: orders }\nfilters: []',
  'a bracket that is never closed, in a list':
    'version: 2\nchannels:\n  - { id: orders, kind: queue\n  - { id: shipped }',
  'a bracket that is never closed, with others within':
    'version: 1\nchannels: [\n  { id: orders },\n  { id: "shipped]" },\n',
  'a bracket that another closes': 'version: 1\nchannels: [\n  { id: orders },\n  { id: shipped ],\nfilters: []',
  'a document in brackets that are never closed': '{ version: 1,\n  channels: [{ id: orders }]\n',
  'a bracket that was never opened': 'version: 1\nchannels: ]',
  'a comma that is missing': 'version: 1\nchannels: [{ id: orders } { id: shipped }]',
  'a colon in a text without quotes': v1('filters:\n  - from: orders\n    when: body.contains("urgent: yes")'),
  'text after a closing quote': v1('filters:\n  - from: orders\n    when: "urgent" && exists(header("a"))'),
  'a text that begins with an @': 'version: 1\nchannels:\n  - id: @orders',
  'a text that begins with a !': v1('filters:\n  - from: orders\n    when: !exists(header("a"))'),
  'an alias without an anchor': 'version: 1\nchannels:\n  - id: *orders',
  'a backslash in double quotes': 'version: 1\nchannels:\n  - id: "C:\\queue"',
  'a key given twice': 'version: 1\nchannels:\n  - id: orders\n    kind: queue\n    kind: direct',
  'a second document': 'version: 1\n---\nversion: 1',
  'a reference in brackets without quotes': 'version: 2\nchannels: [{ id: ${NAME} }]',

  'a timer without a time': 'version: 2\nflows:\n  - id: clock\n    from: { timer: { evry: 1000 } }',
  'a timer that never rests': 'version: 2\nflows:\n  - id: clock\n    from: { timer: { every: 0 } }',
  'a timer that is a number': 'version: 2\nflows:\n  - id: clock\n    from: { timer: 1000 }',
  'files in an unknown way': 'version: 2\nflows:\n  - id: inbox\n    from: { files: { dir: in, as: txt } }',
  'a source that is mistyped': 'version: 2\nflows:\n  - id: clock\n    from: { tmer: { every: 5 } }',
  'a sink that is mistyped': v2('      - to: { filesink: { path: out } }'),

  // The document.
  'an empty file': '',
  'no version': 'channels: []',
  'a version that is mistyped': 'verison: 1\nchannels: []',
  'a version in quotes': 'version: "1"',
  'a version that is not known': 'version: 3',
  'a list instead of a document': '- version: 1',
  'a key that is mistyped': 'version: 2\nchanels: []',
  'a key that is mistyped, in version 1': 'version: 1\nchanels: []',
  'flows in version 1': 'version: 1\nflows: []',
  'channels as a mapping': 'version: 1\nchannels:\n  orders:\n    kind: queue',
  'channels as texts': 'version: 1\nchannels:\n  - orders',
  'a list that is empty': v1('filters: []'),
  'a key with nothing behind it': v1('filters:'),

  // Components of version 1.
  'a kind that Allora has removed': 'version: 1\nchannels:\n  - id: orders\n    kind: in_memory',
  'a kind that is mistyped': 'version: 1\nchannels:\n  - id: orders\n    kind: queu',
  'an id that is a number': 'version: 1\nchannels:\n  - id: 7',
  'an id given twice': 'version: 1\nchannels:\n  - id: orders\n  - id: orders',
  'an id that was counted': 'version: 1\nchannels:\n  - kind: queue\n  - id: channel:auto.1',
  'a channel that is mistyped': v1('service-activators:\n  - ref-name: pack\n    from: order\n    to: shipped'),
  'a channel that is declared nowhere': v1(
    'service-activators:\n  - ref-name: pack\n    from: incoming\n    to: shipped',
  ),
  'no channels at all': 'version: 1\nservice-activators:\n  - ref-name: pack\n    from: orders\n    to: shipped',
  'several mistakes at once': v1(
    'service-activators:\n  - reff-name: pack\n    from: [orders]\n    to: shiped\nfilters:\n  - from: orders\n    to: ""',
  ),
  'a key that is missing': v1('service-activators:\n  - ref-name: pack\n    from: orders'),
  'a condition that is mistyped': v1('filters:\n  - from: orders\n    when: heder("tenant") == "acme"'),
  'a condition that ends too soon': v1('filters:\n  - from: orders\n    when: body.contains("x") &&'),
  'a host without a port': v1(
    'http-inbound-adapters:\n  - host: 127.0.0.1\n    path: orders\n    methods: POST\n    request-channel: orders',
  ),
  'a port out of range': v1(
    'http-inbound-adapters:\n  - { host: 127.0.0.1, port: 80800, path: /orders, methods: [post], request-channel: orders }',
  ),
  'a URL without a scheme': v1('http-outbound-adapters:\n  - { url: example.org/orders, from: orders }'),
  'a URL of another scheme': v1('http-outbound-adapters:\n  - { url: "ftp://example.org", from: orders }'),
  'keys with a dash in an aggregator': v1('aggregators:\n  - { correlation-header: order, completion: full }'),
  'an aggregator that nothing leads to': v1('aggregators:\n  - { correlation_header: order, completion: full }'),
  'a channel in a file of its own, with a mistyped key': 'version: 1\nchannel:\n  id: orders\n  knd: queue',

  // Flows of version 2.
  'an operator that is mistyped': v2('      - handel: pack'),
  'an operator that is not there': v2('      - id: pack'),
  'two operators in one step': v2('      - handle: pack\n        to: shipped'),
  'a step that is a text': v2('      - handle pack'),
  'an operator without a colon': v2('      - handle'),
  'an operator that is not known at all': v2('      - publish: shipped'),
  'an end that is empty': v2('      - to:'),
  'a delay with a unit': v2('      - delay: 5s'),
  'options that are missing': v2('      - throttle: { rate: 3 }'),
  'cases without one': v2('      - route: kind\n        cases: {}'),
  'a step after the end': v2('      - to: shipped\n      - handle: pack'),
  'two dashes': v2('      - - handle: pack'),
  'options that are not indented': v2('      - throttle:\n        rate: 10\n        per: 1000'),
  'options that are indented too far': v2(
    '      - handle: pack\n        retry:\n          attempts: 3\n          timeout: 1000',
  ),
  'options below an operator that takes a text': v2('      - handle:\n          service: pack'),
  'an option that is mistyped': v2('      - handle: pack\n        rety: { attempts: 3 }'),
  'an option of another operator': v2('      - transform: pack\n        discardTo: shipped'),
  'a number in quotes': v2('      - handle: pack\n        retry: { attempts: "3" }'),
  'a number with a unit': v2('      - delay: 500\n      - handle: pack\n        timeout: 5s'),
  'a number that is too small': v2('      - handle: pack\n        concurrency: 0'),
  'a fraction': v2('      - handle: pack\n        retry: { attempts: 2.5 }'),
  'a word that is mistyped': v2('      - handle: pack\n        retry: { attempts: 3, jitter: ful }'),
  'a branch that is no list': v2('      - route: kind\n        cases:\n          goods: { to: shipped }'),
  'cases as a list': v2('      - route: kind\n        cases:\n          - goods'),
  'a route without cases': v2('      - route: kind\n        otherwise: []'),
  'a flow to call that is mistyped': `${v2('      - call: prise')}\n  - id: price\n    from: shipped`,
  'a flow to call that does not reply': `${v2('      - call: end')}\n  - id: end\n    from: shipped\n    steps:\n      - to: shipped`,
  'two flows of one id': `${v2('      - handle: pack')}\n  - id: shipping\n    from: shipped`,
  'two nodes of one id': v2('      - { handle: pack, id: x }\n      - { handle: pack, id: x }'),
  'a flow without a beginning': 'version: 2\nflows:\n  - id: shipping\n    steps: []',
  'steps that are no list':
    'version: 2\nchannels: [{ id: a, kind: queue }]\nflows:\n  - from: a\n    steps:\n      handle: pack',
  'an aggregator that never completes': v2('      - aggregate'),
  'a channel nobody reads from':
    'version: 2\nchannels: [{ id: a, kind: queue }, { id: b }]\nflows:\n  - from: a\n    steps: [to: b]',
  'two readers of one direct channel':
    'version: 2\nchannels: [{ id: a }]\nflows:\n  - { id: one, from: a }\n  - { id: two, from: a }',
  'an option of another kind of channel':
    'version: 2\nchannels:\n  - { id: a, kind: direct, capacity: 5 }\nflows: [{ from: a }]',
  'a variable that is not set': 'version: 2\nchannels:\n  - id: orders\n    kind: queue\n    capacity: ${CAPACITY}',
  'a reference that is never closed':
    'version: 2\nchannels:\n  - { id: orders, kind: queue }\nflows:\n  - from: orders\n    steps:\n      - to: { fileSink: { path: "${FOLDER:out/orders.txt" } }',
  'a default that is no number':
    'version: 2\nchannels:\n  - id: orders\n    kind: queue\n    capacity: ${CAPACITY:many}',
  'a transport without a type': 'version: 2\ntransports:\n  jobs: { file: jobs.db }',
  'a file that is not there': 'version: 2\ninclude: missing.yml',
  'a graph that is none':
    'version: 2\nflows:\n  - id: a\n    graph:\n      channels: []\n      nodes: [{ id: x, kind: inlt }]\n      edges: [{ from: x, to: y }]',
}

const chapter = ([name, text]: [string, string]): string => {
  const said = found(text, { cwd: '/work', readFile: missing }).map(formatDiagnostic).join('\n\n')
  return `## ${name}\n\n\`\`\`yaml\n${text}\n\`\`\`\n\n${said.replace(/^(?=.)/gm, '    ')}`
}

function missing(): never {
  throw Object.assign(new Error('not found'), { code: 'ENOENT' })
}

test('every mistake is explained', async () => {
  const chapters = Object.entries(MISTAKES).map(chapter)
  await expect(`# What is said about files\n\n${chapters.join('\n\n')}\n`).toMatchFileSnapshot('mistakes.md')
})

test('there is something to say about each', () => {
  expect(Object.entries(MISTAKES).filter(([, text]) => found(text).length === 0)).toEqual([])
  expect(Object.keys(MISTAKES).length).toBeGreaterThan(60)
})

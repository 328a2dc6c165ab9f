/** The tables of a run, as `RESULTS.md`. */
import { ALLORA } from '../contender.ts'
import type { ProcessCost } from '../import-cost.ts'
import { quantile } from '../measure.ts'
import type { BacklogRow, PairRow, Results } from '../results.ts'
import { workloads } from '../workloads.ts'
import { groupsOf, shown } from './contenders.ts'

/** Writes everything that was measured. */
export function markdown(results: Results): string {
  const sections = [
    head(results),
    pairTable(results),
    peerTable(results),
    memoryTable(results),
    featureTable(results),
    growthTable(results),
    startUpLines(results),
    httpLines(results),
    typeTable(results),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function head({ machine, pairs }: Results): string {
  const controls = pairs.map(({ cost }) => cost.control)
  const noise =
    controls.length === 0
      ? ''
      : ` The hand-written code beside itself gave ${quantile(controls, 0.05).toFixed(2)} to ${quantile(controls, 0.95).toFixed(2)} (nine of ten pairs): differences below that are noise.`
  return `# What Allora costs

Made by \`npm run bench -- --write\`; nothing here is written by hand. ${machine}.

A ratio is CPU time, garbage collection included, to hand-written code that does the same, with one promise a send. Each pair has a
process of its own, in which both take turns; the ratio is the median over the rounds. Lower is better, and 1 is the hand-written code.${noise}

![Cost of each contender beside hand-written code](results.svg)`
}

function pairTable({ pairs }: Results): string {
  const rows = workloads.flatMap((workload) => {
    const own = pairs.find(({ workload: id, contender }) => id === workload.id && contender === ALLORA)
    if (own === undefined) return []
    const { limit, nanoseconds, ratio, low, high, control } = own.cost
    const title = workload.variant === undefined ? workload.title : `${workload.title}: ${workload.variant}`
    return [
      [
        workload.id,
        title,
        `${limit.toFixed(0)} ns`,
        control.toFixed(2),
        `${nanoseconds.toFixed(0)} ns`,
        `**${shown(ratio)}**`,
        `${shown(low)} - ${shown(high)}`,
        `${workload.target}`,
        ratio <= workload.target ? 'met' : `${shown(ratio / workload.target)} times too much`,
        cheapestPeer(pairs, workload.id),
      ],
    ]
  })
  const columns = ['', 'workload', 'by hand', 'noise', 'allora', 'ratio', 'middle half', 'target', '', 'cheapest peer']
  return section('Allora beside hand-written code', columns, rows)
}

function cheapestPeer(pairs: readonly PairRow[], id: string): string {
  const peers = pairs.filter(({ workload, contender }) => workload === id && contender !== ALLORA)
  const [first] = peers.toSorted((a, b) => a.cost.ratio - b.cost.ratio)
  return first === undefined ? '' : `${first.contender} ${shown(first.cost.ratio)}`
}

function peerTable(results: Results): string {
  const groups = groupsOf(results)
  const names = [ALLORA, ...Object.keys(results.versions)]
  if (names.length === 1) return ''
  const cells = (name: string): string[] =>
    groups.map(({ lines }) => {
      const line = lines.find(({ contender }) => contender === name)
      return line === undefined
        ? ''
        : line.ratios.map((ratio) => (ratio === undefined ? '-' : shown(ratio))).join(' / ')
    })
  const rows = names.map((name) => [`${name} ${results.versions[name] ?? ''}`.trim(), ...cells(name)])
  const columns = groups.map(({ name, variants: [first, ...more], ...group }) =>
    more.length === 0
      ? name
      : `${name} (${group.lines.length > 0 ? [first!, ...more].map(({ variant }) => variant).join(' / ') : ''})`,
  )
  return `${section('Everybody beside hand-written code', ['', ...columns], rows)}

An empty field: that library has nothing to do it with. What it lacks but the task needs, such as a queue behind an emitter, is the
hand-written one. Who is close to 1 also does little more than the hand-written code: an emitter knows no bound, no error scope and no
shutdown.`
}

function memoryTable({ backlog, peaks }: Results): string {
  if (backlog.length === 0) return ''
  const row = ({ contender, buffered, cost }: BacklogRow): string[] => [
    buffered.toLocaleString('en'),
    contender,
    `${cost.limit.toFixed(0)} ns`,
    `${cost.nanoseconds.toFixed(0)} ns`,
    shown(cost.ratio),
    // With few messages, what else the heap does is more than they are.
    ...[cost.limitBytes, cost.bytes].map((bytes) => (buffered < 10_000 ? '' : `${bytes.toFixed(0)} B`)),
  ]
  const columns = ['buffered', 'contender', 'by hand', 'receive and send', 'ratio', 'a message by hand', 'a message']
  const peak = Object.entries(peaks).map(([name, mebibytes]) => `${name} ${mebibytes.toFixed(0)} MiB`)
  return `${section('With many messages buffered', columns, backlog.map(row))}

Targets: a ratio of 1.5, at most 1.3 times the cost from the smallest to the largest, 140 B a message. Most memory of a process that
sends all its messages through a bounded queue, Node itself and the loader of its sources included: ${peak.join(', ')}.`
}

function featureTable({ features }: Results): string {
  const [plain] = features
  if (plain === undefined) return ''
  const rows = features.map(({ name, state, cost }) => [
    name,
    state,
    shown(cost.ratio),
    `${(cost.ratio / plain.cost.ratio).toFixed(2)}`,
    `${((cost.ratio - plain.cost.ratio) * cost.limit).toFixed(0)} ns`,
  ])
  const columns = ['W1 with', '', 'to hand-written', 'to plain', 'added']
  return `${section('What options cost', columns, rows)}

What is \`off\` is there, but not for these messages: it has to cost nothing, so all it adds is noise.`
}

function growthTable({ growth }: Results): string {
  const rows = growth.flatMap(({ name, unit, meets, costs }) =>
    costs.map(({ size, nanoseconds }) => [
      name,
      size.toLocaleString('en'),
      `${nanoseconds.toFixed(0)} ns`,
      meets === 'all' ? `${(nanoseconds / size).toFixed(0)} ns a ${unit}` : '',
    ]),
  )
  return rows.length === 0 ? '' : section('How costs grow', ['', 'how many', 'a message', 'each'], rows)
}

function startUpLines({ startUp }: Results): string {
  if (startUp === undefined) return ''
  const { flows, byHand, imports, hello } = startUp
  const total = startUp.build + startUp.app + startUp.start
  const rows = [
    ["`import 'allora'`, above an empty process", msOf(imports), '40 ms'],
    ...(hello === undefined ? [] : [['the same, with the hello flow built and started', msOf(hello), '']]),
    [
      `${flows.toLocaleString('en')} flows, each`,
      `${total.toFixed(1)} us (build ${startUp.build.toFixed(1)}, app ${startUp.app.toFixed(1)}, start ${startUp.start.toFixed(1)})`,
      '10 us',
    ],
    ...(byHand === undefined
      ? []
      : [
          [
            'the same frozen data and a queue each, by hand and with nothing checked',
            `${(byHand.build + byHand.start).toFixed(1)} us (build ${byHand.build.toFixed(1)}, start ${byHand.start.toFixed(1)})`,
            '',
          ],
        ]),
  ]
  return section('Start-up', ['', 'cost', 'target'], rows)
}

const msOf = ({ cpu, wall }: ProcessCost): string => `${cpu.toFixed(0)} ms CPU, ${wall.toFixed(0)} ms`

function httpLines({ http }: Results): string {
  if (http === undefined) return ''
  const { cpu, rate, hops } = http
  const rows = [
    [
      'requests a second, of those of a bare hono server',
      `${(rate.flow / rate.bare).toFixed(2)} (${rate.flow.toFixed(0)} of ${rate.bare.toFixed(0)})`,
      '0.70',
    ],
    [
      'the same by CPU a request',
      `${(cpu.bare / cpu.flow).toFixed(2)} (${cpu.bare.toFixed(1)} us of ${cpu.flow.toFixed(1)} us)`,
      '0.70',
    ],
    [
      `${hops.inFlight.toLocaleString('en')} in flight through two queues with random delays of 0 to 20 ms`,
      `median ${hops.median.toFixed(0)} ms, p99 ${hops.p99.toFixed(0)} ms`,
      '',
    ],
  ]
  return section('HTTP: a flow of one step', ['', 'result', 'target'], rows)
}

function typeTable({ types }: Results): string {
  const rows = types.map(({ name, library, compiler, instantiations, seconds }) => [
    name,
    library,
    compiler,
    instantiations.toLocaleString('en'),
    `${seconds.toFixed(2)} s`,
  ])
  if (rows.length === 0) return ''
  return `${section('Type checking', ['program', 'library', 'compiler', 'instantiations', 'time'], rows)}

Less what the import alone costs. Instantiations are exact; the time is the quickest of five.`
}

function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [`## ${title}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

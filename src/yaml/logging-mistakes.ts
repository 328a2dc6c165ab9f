/** What is wrong with a `logging.yml`: it leaves the defaults without a word, so the command line says it. */
import type { Diagnostic } from '../graph/diagnostic.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import { LEVELS } from '../logging/level-filter.ts'
import { readText } from './read-text.ts'
import { Report } from './report.ts'
import type { KeyShape, Objection, RecordShape } from './shape.ts'
import { ShapeReader } from './shape-reader.ts'
import { SourceText } from './source-text.ts'

const WORDS = ['trace', ...LEVELS]

const flag: KeyShape = { shape: { is: 'flag' } }

const SHAPE: RecordShape = {
  is: 'record',
  what: 'a logging.yml',
  keys: {
    filter: { shape: { is: 'text', what: 'levels, such as info,orders=debug', objection: noLevel } },
    level: { shape: { is: 'text', what: `one of ${WORDS.join(', ')}`, objection: noLevel } },
    ansi: flag,
    format: { shape: { is: 'record', what: 'a format', keys: { with_timestamp: flag, json: flag } }, mayBeEmpty: true },
  },
}

/** Warnings all of them, since logging keeps no app from starting. */
export function loggingMistakes(text: string, file: string): readonly Diagnostic[] {
  const report = new Report()
  const datum = readText(new SourceText(text, file), report)?.datum
  const isEmpty = datum?.kind === 'scalar' && datum.value === null
  if (datum !== undefined && !isEmpty) new ShapeReader(report, false).read(SHAPE, datum)
  return report.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: 'warning' }))
}

/** The first directive of a filter whose level is none. */
function noLevel(filter: string): Objection | undefined {
  for (const directive of filter.split(',')) {
    const level = directive.slice(directive.lastIndexOf('=') + 1).trim()
    if (directive.trim() === '' || WORDS.includes(level.toLowerCase())) continue
    return {
      message: `${JSON.stringify(level)} is no level, so that everything is logged.`,
      fix: `${didYouMean(level, WORDS)}The levels are ${WORDS.join(', ')}; orders=debug is one for the flow, node or channel orders.`,
      offset: filter.indexOf(level),
      length: level.length,
    }
  }
  return undefined
}

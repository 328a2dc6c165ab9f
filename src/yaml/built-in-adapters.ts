/** The sources and sinks that a file can name without code: a table of what they take and what makes them. */
import { fileSink } from '../adapters/file-sink.ts'
import { type FilesOptions, files } from '../adapters/files.ts'
import { iterate } from '../adapters/iterate.ts'
import { type TimerOptions, timer } from '../adapters/timer.ts'
import type { Sink } from '../flow/sink.ts'
import type { Source } from '../message/source.ts'
import type { BuiltInAdapter } from './allora-file.ts'
import type { ByKeyShape, KeyShape, RecordShape, Shape } from './shape.ts'

interface AdapterRow {
  readonly shape: Shape
  readonly says: string
  /** The options have been read by the shape. */
  readonly make: (options: never) => Source<unknown> | Sink<unknown>
}

const milliseconds: Shape = { is: 'number', least: 1, whole: false }

const timerShape: ByKeyShape = {
  is: 'byKey',
  key: 'cron',
  with: {
    is: 'record',
    what: 'a cron pattern for a timer',
    keys: {
      cron: { shape: { is: 'text', what: 'a cron pattern, such as 0 8 * * *' }, required: true, says: 'When.' },
      timeZone: { shape: { is: 'text', what: 'a time zone, such as Europe/Berlin' }, says: "Left out, the system's." },
    },
  },
  without: {
    is: 'record',
    what: 'the times of a timer',
    short: 'every',
    keys: {
      every: { shape: milliseconds, required: true, says: 'Milliseconds from one tick to the next.' },
      initialDelay: {
        shape: { is: 'number', least: 0, whole: false },
        says: 'Milliseconds to the first tick; left out, as every.',
      },
    },
  },
}

const filesShape: RecordShape = {
  is: 'record',
  what: 'a directory to read files from',
  short: 'dir',
  keys: {
    dir: {
      shape: { is: 'text', what: 'the path of a directory' },
      required: true,
      says: 'From the working directory.',
    },
    pattern: { shape: { is: 'text', what: 'a pattern, such as *.csv' }, says: 'With * and ?; left out, all files.' },
    every: { shape: milliseconds, says: 'Milliseconds from one look to the next; left out, 1000.' },
    as: { shape: { is: 'oneOf', values: ['text', 'bytes'] }, says: 'What the content is; left out, text.' },
    done: {
      shape: { is: 'oneOf', values: ['move', 'mark', 'delete'] },
      says: 'What becomes of a file that was handled; left out, it is moved to the folder done.',
    },
  },
}

const fileSinkShape: RecordShape = {
  is: 'record',
  what: 'a file to append to',
  short: 'path',
  keys: {
    path: { shape: { is: 'text', what: 'the path of a file' }, required: true, says: 'From the working directory.' },
  },
}

/** The sources, by what users call them. */
const SOURCES = {
  timer: { shape: timerShape, says: 'Sends a tick at regular times.', make: (options: TimerOptions) => timer(options) },
  files: {
    shape: filesShape,
    says: 'Sends the files of a directory.',
    make: (options: FilesOptions<'text' | 'bytes'>) => files(options),
  },
  iterate: {
    shape: { is: 'list', what: 'a list of payloads', of: { is: 'any' } },
    says: 'Sends these payloads, one after the other.',
    make: (items: readonly unknown[]) => iterate(items),
  },
} as const satisfies Readonly<Record<string, AdapterRow>>

/** The sinks, by what users call them. */
const SINKS = {
  fileSink: {
    shape: fileSinkShape,
    says: 'Appends a line of JSON for each message.',
    make: (options: { readonly path: string }) => fileSink(options),
  },
} as const satisfies Readonly<Record<string, AdapterRow>>

const ROWS: Readonly<Record<string, AdapterRow>> = { ...SOURCES, ...SINKS }

/** What may stand in place of the name of an adapter: a key for each source, or each sink, and what to say of it. */
export function builtInKeys(of: 'source' | 'sink'): readonly (readonly [name: string, key: KeyShape])[] {
  const rows: Readonly<Record<string, AdapterRow>> = of === 'source' ? SOURCES : SINKS
  return Object.entries(rows).map(([name, { shape, says }]) => [name, { shape, says, required: true }])
}

/** The adapter that these fields describe, if it is one of the built-in ones. */
export function builtInOf(fields: Readonly<Record<string, unknown>>): BuiltInAdapter | undefined {
  const kind = Object.keys(ROWS).find((name) => Object.hasOwn(fields, name))
  return kind === undefined ? undefined : { kind, options: fields[kind] }
}

/** The source or sink itself. */
export function madeBuiltIn({ kind, options }: BuiltInAdapter): Source<unknown> | Sink<unknown> {
  return ROWS[kind]!.make(options as never)
}

/** What the files declare, before any of it is compiled: channels, components and flows with their ids. */
import { randomUUID } from 'node:crypto'
import type { ChannelSpec } from '../graph/graph.ts'
import { channelIds, componentIds } from './auto-ids.ts'
import { COMPONENTS, type ComponentKind, type ComponentRow } from './components.ts'
import { type Place, itemsOf, textOf, valueOf } from './datum.ts'
import type { LoadedFile } from './load-files.ts'
import type { Report } from './report.ts'

type Fields = Readonly<Record<string, unknown>>

/** A component or a flow, and where it was written. */
export interface Declared {
  readonly id: string
  readonly fields: Fields
  readonly place: Place
  readonly file: LoadedFile
}

/** A channel. */
export interface DeclaredChannel {
  readonly spec: ChannelSpec
  readonly place: Place
  readonly file: LoadedFile
}

/** Everything that is declared. */
export interface Declarations {
  readonly channels: ReadonlyMap<string, DeclaredChannel>
  /** Ids of channels that are declared, though maybe wrongly. */
  readonly channelIds: ReadonlySet<string>
  readonly components: Readonly<Record<ComponentKind, readonly Declared[]>>
  readonly flows: readonly Declared[]
}

/** Gathers what the files declare and gives ids to what has none. */
export function declarationsOf(files: readonly LoadedFile[], report: Report): Declarations {
  const channels = declaredChannels(files, report)
  const components = Object.fromEntries(
    COMPONENTS.map((row) => [row.single, declaredComponents(row, files, report)]),
  ) as unknown as Declarations['components']
  return {
    channels,
    channelIds: new Set([...channels.keys(), ...files.flatMap(({ datum }) => writtenIds(datum))]),
    components,
    flows: declaredFlows(files),
  }
}

function declaredChannels(files: readonly LoadedFile[], report: Report): ReadonlyMap<string, DeclaredChannel> {
  const entries = files.flatMap((file) => [
    ...recordsOf(file, 'channels'),
    ...recordsOf(file, 'channel').map(({ fields, ...rest }): Omit<Declared, 'id'> => ({
      ...rest,
      fields: { id: `${String(fields['kind'] ?? 'direct')}:${randomUUID()}`, ...fields },
    })),
  ])
  const ids = channelIds(entries.map(({ fields }) => fields['id'] as string | undefined))
  return new Map(
    entries.map(({ fields, place, file }, i) => {
      const { id, repeated } = ids[i]!
      if (repeated) repeatedId(report, file.reader.placeOf(fields, 'id') ?? place, 'channel', id)
      return [id, { spec: { id, ...fields, kind: fields['kind'] ?? 'direct' } as ChannelSpec, place, file }]
    }),
  )
}

function declaredComponents(
  { single, list, auto, what }: ComponentRow,
  files: readonly LoadedFile[],
  report: Report,
): Declared[] {
  const entries = files.flatMap((file) => [...recordsOf(file, list), ...recordsOf(file, single)])
  const ids = componentIds(
    entries.map(({ fields }) => fields['id'] as string | undefined),
    auto,
  )
  return entries.map((entry, i) => {
    const { id, repeated } = ids[i]!
    if (repeated) repeatedId(report, entry.file.reader.placeOf(entry.fields, 'id') ?? entry.place, what, id)
    return { ...entry, id }
  })
}

/** Flows have the id of the channel they read from, if they have none; the graph is checked for ids that are given twice. */
function declaredFlows(files: readonly LoadedFile[]): Declared[] {
  return files
    .flatMap((file) => recordsOf(file, 'flows'))
    .map((entry) => {
      const { id, from } = entry.fields
      const source = typeof from === 'string' ? from : (from as Fields | undefined)?.['channel']
      return { ...entry, id: String(id ?? source ?? '') }
    })
}

function recordsOf(file: LoadedFile, key: string): Omit<Declared, 'id'>[] {
  const value = file.data[key]
  const records = Array.isArray(value) ? (value as Fields[]) : value === undefined ? [] : [value as Fields]
  return records.map((fields) => ({ fields, file, place: file.reader.placeOf(fields)! }))
}

/** Every id of a channel in the data, whatever else is wrong with the channel: so that one mistake does not cause another. */
function writtenIds(datum: LoadedFile['datum']): string[] {
  return [...itemsOf(valueOf(datum, 'channels')), valueOf(datum, 'channel')].flatMap(
    (channel) => textOf(valueOf(channel, 'id')) ?? [],
  )
}

function repeatedId(report: Report, place: Place, what: string, id: string): void {
  report.error(place, {
    code: 'ALLORA609',
    message: `Two ${what}s have the id ${JSON.stringify(id)}.`,
    fix: /:auto\.\d+$/.test(id)
      ? 'Give it another id: those with auto are counted for entries without one.'
      : 'Give one of them another id.',
  })
}

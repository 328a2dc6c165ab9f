/** Loads an app again when one of its files changes. */
import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { AppFileError } from '../errors/control-errors.ts'
import { examine, showDiagnostics } from './commands/check.ts'
import { loadedFiles, newGeneration } from './fresh-modules.ts'
import type { LiveApp, ReloadReport } from './live-app.ts'
import type { LoadedApp } from './load-app.ts'
import { showLeft } from './stop-words.ts'
import type { Terminal } from './terminal.ts'

/** Milliseconds of quiet after a change: editors write a file in several steps, and several files at once. */
const QUIET = 50

/** Watches the files of the modules that the app consists of; gives the function that stops watching. */
export function reloadOnChange(
  live: LiveApp,
  terminal: Terminal,
  files: readonly string[],
  load: () => Promise<LoadedApp>,
): () => void {
  let read = files
  const watchers = new Map<string, FSWatcher>()
  let seen = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let work: Promise<void> = Promise.resolve()

  const look = (known: ReadonlyMap<string, number>): void => {
    seen = new Map([...read, ...loadedFiles()].map((file) => [file, known.get(file) ?? changedAt(file)]))
    // Folders, not files: editors replace a file by a new one of the same name.
    for (const folder of new Set([...seen.keys()].map((file) => dirname(file)))) {
      if (!watchers.has(folder)) watchers.set(folder, watch(folder, soon))
    }
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      work = work.then(reloadIfChanged)
    }, QUIET)
  }
  const reloadIfChanged = async (): Promise<void> => {
    if ([...seen].every(([file, at]) => changedAt(file) === at)) return
    // From before they are read: what changes meanwhile is a change to come.
    const before = new Map([...seen.keys()].map((file) => [file, changedAt(file)]))
    newGeneration()
    read = (await reload(live, terminal, load)) ?? read
    look(before)
    // A module that cannot be loaded may have hidden those behind it; a change of them is to be seen too.
    for (const [file, at] of before) if (!seen.has(file)) seen.set(file, at)
  }
  look(new Map())
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers.values()) watcher.close()
  }
}

/** Gives the files that the new app was read from; nothing when the old one goes on. */
async function reload(
  live: LiveApp,
  terminal: Terminal,
  load: () => Promise<LoadedApp>,
): Promise<readonly string[] | undefined> {
  try {
    const { diagnostics, loaded } = await examine(load)
    showDiagnostics(terminal, diagnostics, (text) => terminal.note(text))
    if (loaded === undefined) throw new AppFileError('The app has errors.')
    showReload(terminal, await live.reload(loaded))
    return loaded.files
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error)
    terminal.tell({ event: 'reloadFailed', message: sentence })
    terminal.note(`${terminal.paintNote('red', 'Not reloaded')}, what ran before goes on. ${sentence}`)
    return undefined
  }
}

function showReload(terminal: Terminal, { kept, homeless, ungrouped, left }: ReloadReport): void {
  terminal.tell({ event: 'reloaded', kept, homeless: homeless.length, ungrouped: ungrouped.length, left })
  terminal.note(kept === 0 ? 'Reloaded.' : `Reloaded. Messages that waited and were kept: ${kept}.`)
  if (homeless.length > 0) {
    const channels = [...new Set(homeless.map(({ channelId }) => channelId))].join(', ')
    terminal.note(`Messages that have no place now and wait for the next reload: ${homeless.length}, of ${channels}.`)
  }
  if (ungrouped.length > 0) {
    const nodes = [...new Set(ungrouped.map(({ flowId, nodeId }) => `${flowId}/${nodeId}`))].join(', ')
    terminal.note(
      `Messages whose groups have no place now and wait for the next reload: ${ungrouped.length}, of ${nodes}.`,
    )
  }
  showLeft(terminal, left, 'lost by the reload')
}

/** 0 for a file that is not there. */
const changedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

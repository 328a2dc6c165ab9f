/** A source that sends the files of a directory, each once. */
import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidOptionError } from '../errors/channel-errors.ts'
import type { Arrival, Source, SourceEnv } from '../message/source.ts'
import { PutAway } from './put-away.ts'

/** What {@link files} takes. */
export interface FilesOptions<As extends 'text' | 'bytes' = 'text'> {
  /** The directory; its subdirectories are not looked at, nor are files whose names begin with a dot. */
  readonly dir: string
  /** Which names are meant: with `*` and `?`, or a regular expression; absent = all. */
  readonly pattern?: string | RegExp
  /** Milliseconds from one look at the directory to the next; absent = 1,000. */
  readonly every?: number
  /** What `content` is; absent = `'text'` (UTF-8). */
  readonly as?: As
  /**
   * What becomes of a file whose message was handled: moved to the subdirectory `done` (absent), marked by `.done` after its name, or
   * deleted. One whose message failed goes to the subdirectory `failed`, or is marked by `.failed`. Nothing is ever overwritten.
   */
  readonly done?: 'move' | 'mark' | 'delete'
}

/** A file as its message carries it. */
export interface FileArrival<out Content> {
  readonly name: string
  /** Where it was when it was read; it is put away when its message is through. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
  readonly content: Content
}

/** The content of a file by how it is read. */
export interface FileContent {
  readonly text: string
  readonly bytes: Uint8Array
}

/**
 * Sends every file of a directory once, by name, and puts it away when its message is through: the handled ones apart from the
 * failed ones. It is taken when two looks in a row find it with the same size and time, so that whoever writes it has time to finish.
 * The message carries the content: a dead letter can be redriven wherever the file is by then.
 *
 * When the process dies, or the runtime is stopped, before a file is put away, it is sent again after the next start. One directory
 * has one reader.
 *
 * @throws InvalidOptionError when `every` is no number above 0; without the directory, which may be made
 * until then, the start is rejected.
 *
 * @example
 * ```ts
 * import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { app, files, flow, queue, runtime } from 'allora'
 * import { virtualClock } from 'allora/testing'
 *
 * const dir = await mkdtemp(join(tmpdir(), 'allora-'))
 * const clock = virtualClock()
 * const orders = flow('orders').from(files({ dir, pattern: '*.csv' })).transform((file) => file.content).to(queue('orders')).build()
 * await using rt = await runtime(app(orders), { clock }).start()
 *
 * await writeFile(join(dir, 'a.csv'), 'id,total')
 * for (let look = 0; look < 2; look++) {
 *   await clock.advance(1_000)
 *   await rt.idle()
 * }
 * const { payload } = await rt.channel('orders').receive()
 * payload // => 'id,total'
 * const done = await readdir(join(dir, 'done')) // => ['a.csv']
 * ```
 */
export function files<const As extends 'text' | 'bytes' = 'text'>(
  options: FilesOptions<As>,
): Source<FileArrival<FileContent[As]>> {
  const { dir, every = 1_000 } = options
  if (!(Number.isFinite(every) && every > 0)) {
    throw new InvalidOptionError(
      `The option every of files must be a number of milliseconds above 0, but it is ${every}. Leave it out for 1,000.`,
    )
  }
  const source: Source<FileArrival<string | Uint8Array>> = {
    label: `files of ${dir}`,
    open: async (env) => {
      await prepare(options)
      return new DirectoryReader(options, env).arrivals(every)
    },
  }
  // What `as` reads is what `FileContent` says.
  return Object.freeze(source) as never
}

async function prepare({ dir, done = 'move' }: FilesOptions<'text' | 'bytes'>): Promise<void> {
  const found = await stat(dir).catch(() => undefined)
  if (found?.isDirectory() !== true) {
    throw new InvalidOptionError(
      `There is no directory ${JSON.stringify(dir)} for files to read from. Make it, or correct the option dir.`,
    )
  }
  if (done === 'move') await mkdir(join(dir, 'done'), { recursive: true })
  if (done !== 'mark') await mkdir(join(dir, 'failed'), { recursive: true })
}

/** What tells a file from a later one of the same name. */
export interface FileState {
  readonly size: number
  readonly modifiedAt: number
}

class DirectoryReader {
  private readonly dir: string
  private readonly encoding: 'utf8' | null
  private readonly accepts: (name: string) => boolean
  private readonly env: SourceEnv
  private readonly putAway: PutAway
  /** The files as the look before found them. */
  private before: ReadonlyMap<string, FileState> = new Map()
  /** Sent, and not put away yet. */
  private readonly out = new Set<string>()

  constructor({ dir, pattern, as, done = 'move' }: FilesOptions<'text' | 'bytes'>, env: SourceEnv) {
    this.dir = dir
    this.encoding = as === 'bytes' ? null : 'utf8'
    this.accepts = matcher(pattern, done)
    this.env = env
    this.putAway = new PutAway(dir, done)
  }

  async *arrivals(every: number): AsyncGenerator<Arrival<FileArrival<string | Uint8Array>>, void, undefined> {
    do {
      for (const name of await this.look()) {
        const arrival = await this.read(name)
        if (arrival !== undefined) yield arrival
      }
    } while (await this.env.sleep(every))
  }

  /** The files to send, by name: those that are as the look before found them. */
  private async look(): Promise<string[]> {
    const entries = await this.orNothing(`the directory "${this.dir}"`, readdir(this.dir, { withFileTypes: true }))
    const now = new Map<string, FileState>()
    for (const entry of entries ?? []) {
      if (!entry.isFile() || this.out.has(entry.name) || !this.accepts(entry.name)) continue
      const state = await this.orNothing(`the file "${entry.name}"`, stateOf(join(this.dir, entry.name)))
      if (state !== undefined) now.set(entry.name, state)
    }
    const { before } = this
    this.before = now
    return [...now].flatMap(([name, state]) => (isSame(before.get(name), state) ? [name] : [])).toSorted()
  }

  private async read(name: string): Promise<Arrival<FileArrival<string | Uint8Array>> | undefined> {
    const path = join(this.dir, name)
    const state = this.before.get(name)!
    const content = await this.orNothing(`the file "${path}"`, readFile(path, this.encoding))
    if (content === undefined) return undefined
    this.out.add(name)
    return {
      payload: { name, path, ...state, content },
      handled: () => this.through(name, state, 'done'),
      failed: () => this.through(name, state, 'failed'),
    }
  }

  /** What cannot be read now is looked for again. */
  private async orNothing<T>(what: string, reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.env.warn(`${what} cannot be read and will be looked for again: ${String(error)}`)
      return undefined
    }
  }

  /** Puts a file away, unless it has been overwritten meanwhile: then it is another file, yet to be sent. One that cannot be put away is not sent again. */
  private async through(name: string, state: FileState, outcome: 'done' | 'failed'): Promise<void> {
    if (isSame(await stateOf(join(this.dir, name)).catch(() => undefined), state))
      await this.putAway.file(name, outcome)
    this.out.delete(name)
  }
}

async function stateOf(path: string): Promise<FileState> {
  const { size, mtimeMs } = await stat(path)
  return { size, modifiedAt: mtimeMs }
}

const isSame = (a: FileState | undefined, b: FileState): boolean => a?.size === b.size && a.modifiedAt === b.modifiedAt

/** Which names are meant; never those of what was put away. */
function matcher(pattern: string | RegExp = '*', done: 'move' | 'mark' | 'delete'): (name: string) => boolean {
  const expression = typeof pattern === 'string' ? wildcards(pattern) : pattern
  const marked = (name: string): boolean => done === 'mark' && /\.(done|failed)$/.test(name)
  return (name) => !name.startsWith('.') && name.search(expression) >= 0 && !marked(name)
}

function wildcards(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
}

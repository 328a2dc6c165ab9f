/** A sink that appends to a file. */
import { appendFile } from 'node:fs/promises'
import type { Sink } from '../flow/sink.ts'

/** What {@link fileSink} takes. */
export interface FileSinkOptions<in P> {
  /** The file; it is made when it is not there, its directory is not. */
  readonly path: string
  /** Makes the line, without its end; absent = JSON. */
  readonly format?: (payload: P) => string
}

/**
 * Appends a line for every message to a file, in the order of their arrival. The message is delivered when the system has its line.
 * What arrives while a line is being written is written together.
 *
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { app, fileSink, flow, iterate, runtime } from 'allora'
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'allora-')), 'numbers.txt')
 * const write = flow('write').from(iterate([1, 2])).to(fileSink({ path, format: (n: number) => `number ${n}` })).build()
 *
 * await using rt = await runtime(app(write)).start()
 * await rt.idle()
 * const text = await readFile(path, 'utf8') // => 'number 1\nnumber 2\n'
 * ```
 */
export function fileSink<P = unknown>({ path, format = asJson }: FileSinkOptions<P>): Sink<P> {
  const file = new LineFile(path)
  return Object.freeze({ label: `append to ${path}`, write: (payload: P) => file.append(format(payload)) })
}

/** What JSON has no word for, such as a function, is null, as it is in a list. */
const asJson = (payload: unknown): string => JSON.stringify([payload]).slice(1, -1)

/** Appends lines one after the other, so that they never mix. */
class LineFile {
  private readonly path: string
  private waiting = ''
  private writing: Promise<void> = Promise.resolve()
  private next: Promise<void> | undefined = undefined

  constructor(path: string) {
    this.path = path
  }

  append(line: string): Promise<void> {
    this.waiting += `${line}\n`
    this.next ??= this.writing.then(
      () => this.flush(),
      () => this.flush(),
    )
    return this.next
  }

  private flush(): Promise<void> {
    const lines = this.waiting
    this.waiting = ''
    this.next = undefined
    this.writing = appendFile(this.path, lines)
    return this.writing
  }
}

/** Where the files of a source go when their messages are through. */
import { link, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** How a file ended. */
export type FileOutcome = 'done' | 'failed'

/** Puts files away without overwriting any that are there. */
export class PutAway {
  private readonly dir: string
  private readonly done: 'move' | 'mark' | 'delete'

  constructor(dir: string, done: 'move' | 'mark' | 'delete') {
    this.dir = dir
    this.done = done
  }

  async file(name: string, outcome: FileOutcome): Promise<void> {
    const path = join(this.dir, name)
    if (this.done === 'delete' && outcome === 'done') return rm(path)
    for (let copy = 0; !(await moved(path, this.target(name, outcome, copy))); copy++);
  }

  /** Where it goes; the copies of one name are numbered. */
  private target(name: string, outcome: FileOutcome, copy: number): string {
    const numbered = copy === 0 ? name : `${name}.${copy}`
    return this.done === 'mark' ? join(this.dir, `${numbered}.${outcome}`) : join(this.dir, outcome, numbered)
  }
}

/** Moves a file; false when there is one already. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // A file system without links: there is no better way.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    await rename(from, to)
    return true
  }
  await rm(from)
  return true
}

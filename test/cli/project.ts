/** Folders of users who have installed the package, and the program `allora` run in them as a real process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { run } from '../tooling/pack.ts'
import { root } from '../tooling/virtual-program.ts'

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that runs. */
export interface Running {
  readonly pid: number
  /** Resolves when the process has written this to either output, with what it matched. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  signal(signal: NodeJS.Signals): void
  /** Types on its keyboard, if it has one. */
  type(keys: string): void
  readonly ended: Promise<Ended>
}

/** A folder with the package installed; what is in it goes away with it. */
export class Project {
  readonly folder: string
  private readonly runFolder: string
  private readonly program: string
  private readonly processes = new Set<ChildProcess>()

  constructor(installed: string, files: Readonly<Record<string, string>> = {}) {
    this.folder = mkdtempSync(join(installed, 'app-'))
    // Short, since the path of a socket may have about 100 characters.
    this.runFolder = mkdtempSync(join(tmpdir(), 'al-'))
    this.program = join(installed, 'node_modules/allora/dist/cli/main.js')
    for (const [name, text] of Object.entries(files)) this.write(name, text)
  }

  write(name: string, text: string): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  /** Runs a command to its end. */
  allora(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended
  }

  /** Starts a command that goes on. */
  start(...args: readonly string[]): Running {
    return this.spawn(process.execPath, [this.program, ...args], 'ignore')
  }

  /** Starts a command on a terminal of its own; both of its outputs are what the terminal shows. */
  terminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const command = [process.execPath, this.program, ...args].map((word) => `'${word}'`).join(' ')
    // In place of the shell, which would end by a Ctrl-C of its own: some shells stay.
    return this.spawn('script', ['-qefc', `exec ${command}`, '/dev/null'], 'pipe', { TERM: 'xterm-256color', ...env })
  }

  private spawn(
    program: string,
    args: readonly string[],
    stdin: 'ignore' | 'pipe',
    more: Readonly<Record<string, string>> = {},
  ): Running {
    // What would say something of colours: Node shows none where CI is set.
    const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ALLORA_CONFIG: ____, ...env } = process.env
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...env, XDG_RUNTIME_DIR: this.runFolder, ...more },
      stdio: [stdin, 'pipe', 'pipe'],
    })
    this.processes.add(child)
    const written = { stdout: '', stderr: '' }
    const watchers = new Set<() => void>()
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]!.setEncoding('utf8').on('data', (text: string) => {
        written[name] += text
        for (const watcher of watchers) watcher()
      })
    }
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => {
        this.processes.delete(child)
        resolve({ code, ...written })
      })
    })
    const until = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(written.stdout) ?? pattern.exec(written.stderr)
          if (found === null) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
        void ended.then(({ stdout, stderr }) =>
          reject(new Error(`The process ended without ${String(pattern)}:\n${stdout}${stderr}`)),
        )
      })
    const signal = (name: NodeJS.Signals): void => void child.kill(name)
    return { pid: child.pid!, until, signal, type: (keys) => void child.stdin?.write(keys), ended }
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    const closed = [...this.processes].map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of this.processes) child.kill('SIGKILL')
    await Promise.all(closed)
    rmSync(this.folder, { recursive: true, force: true })
    rmSync(this.runFolder, { recursive: true, force: true })
  }
}

/** Builds the package into a folder as npm would install it; quicker than npm, which `test/package/package.check.ts` goes through. */
export function install(): string {
  const installed = mkdtempSync(join(tmpdir(), 'allora-cli-'))
  const target = join(installed, 'node_modules/allora')
  mkdirSync(target, { recursive: true })
  cpSync(join(root, 'package.json'), join(target, 'package.json'))
  const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
  const flags = [
    '--declaration',
    'false',
    '--declarationMap',
    'false',
    '--sourceMap',
    'false',
    '--isolatedDeclarations',
    'false',
  ]
  run(
    process.execPath,
    [tsc, '-p', join(root, 'tsconfig.build.json'), ...flags, '--outDir', join(target, 'dist')],
    root,
  )
  for (const name of ['fp-ts', 'ts-pattern', '@standard-schema', '@viz-js', 'yaml']) {
    symlinkSync(join(root, 'node_modules', name), join(installed, 'node_modules', name))
  }
  writeFileSync(join(installed, 'package.json'), '{ "private": true, "type": "module" }')
  return installed
}

/** Gives each test of a file a project of its own with these files; the package is installed once for all of them. */
export function projectForEach(files: Readonly<Record<string, string>>, take: (project: Project) => void): void {
  let installed: string
  let project: Project
  beforeAll(() => {
    installed = install()
  }, 60_000)
  afterAll(() => rmSync(installed, { recursive: true, force: true }))
  beforeEach(() => take((project = new Project(installed, files))))
  afterEach(() => project.remove())
}

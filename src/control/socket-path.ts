/** Where the control socket of an app is: its own folder for each user, which nobody else can look into. */
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { ControlSocketError } from '../errors/control-errors.ts'

/** The socket of the app that a file describes: one for each file and user. */
export function socketPathOf(file: string): string {
  const path = resolve(file)
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 12)
  const name = `${basename(path)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 20)}-${hash}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\allora-${name}`
  return join(runFolder(), `${name}.sock`)
}

function runFolder(): string {
  const given = process.env['XDG_RUNTIME_DIR']
  return given === undefined || given === '' ? join(tmpdir(), `allora-${process.getuid!()}`) : join(given, 'allora')
}

/** Makes the folder of a socket. Throws unless it is a real folder of this user that others cannot enter: who can, can control the app. */
export function makeSocketFolder(socket: string): void {
  const folder = dirname(socket)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  if (stats.isDirectory() && stats.uid === process.getuid!() && (stats.mode & 0o077) === 0) return
  throw new ControlSocketError(
    `The folder ${folder} must belong to you and be closed to others, since whoever opens the socket in it controls the app. Run: chmod 700 ${folder}, or set XDG_RUNTIME_DIR to a folder of your own.`,
  )
}

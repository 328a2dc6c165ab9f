/** Which file describes the app. */
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { socketPathOf } from '../control/socket-path.ts'
import { AppFileError } from '../errors/control-errors.ts'
import { quote } from '../errors/describe-value.ts'
import { type Invocation, textOption } from './command.ts'
import { shownPath } from './shown-path.ts'

/** In a folder, the first of these is the app. */
const NAMES = ['allora.yml', 'app.ts', 'app.mts', 'app.js', 'app.mjs']

/** Whether a file is YAML; everything else is a module. */
export const isYaml = (file: string): boolean => /\.ya?ml$/i.test(file)

const MODULE = /\.[cm]?[jt]s$/i

/** The path of the app's file: the one named, `ALLORA_CONFIG`, or what the working folder has. A folder stands for the app in it. */
export function findAppFile(named: string | undefined): string {
  const given = named ?? (process.env['ALLORA_CONFIG'] || undefined)
  const path = resolve(given ?? '.')
  if (!existsSync(path)) {
    const whose = named === undefined ? 'ALLORA_CONFIG names' : 'There is no file'
    throw new AppFileError(
      `${whose} ${quote(given!)}${named === undefined ? ', but there is no such file' : ''}. Name the file of the app, or write an example: allora init.`,
    )
  }
  if (!statSync(path).isDirectory()) return readable(path)
  const file = NAMES.map((name) => join(path, name)).find((candidate) => existsSync(candidate))
  if (file !== undefined) return file
  throw new AppFileError(
    `No app is in ${path}: it has none of ${NAMES.join(', ')}. Name the file of the app, or write an example: allora init.`,
  )
}

function readable(path: string): string {
  if (isYaml(path) || MODULE.test(path)) return path
  throw new AppFileError(
    `${quote(shownPath(path))} is neither YAML (.yml, .yaml) nor a module (.ts, .mts, .js, .mjs). Name a file that is, or give this one such a name.`,
  )
}

/** The control socket of the app that a command is about. */
export function socketOf(invocation: Invocation): string {
  return textOption(invocation, 'socket') ?? socketPathOf(findAppFile(textOption(invocation, 'app')))
}

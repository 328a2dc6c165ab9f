/** `allora init`: writes an example that runs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { AppFileError } from '../../errors/control-errors.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { version } from '../version.ts'

const APP = `/** Greets by name. Run it with: npx allora run --watch */
import { app, flow, queue } from 'allora'

const hello = flow('hello')
  .from(queue('names').of<string>())
  .handle(greet, { id: 'greet' })
  .to(queue('greetings'))
  .build()

function greet(name: string): string {
  if (name.trim() === '') throw new Error('A name is needed.')
  return \`Hello, \${name}!\`
}

export default app(hello)
`

const YAML = `# Greets by name. Run it with: npx allora run --watch
version: 1
channels:
  - { id: names, kind: queue }
  - { id: greetings, kind: queue }
service-activators:
  - { id: greet, ref-name: greet, from: names, to: greetings }
`

const SERVICES = `/** The services of allora.yml, by their names. */

export function greet(name: string): string {
  if (name.trim() === '') throw new Error('A name is needed.')
  return \`Hello, \${name}!\`
}
`

/** See above. */
export const initCommand: Command = {
  name: 'init',
  summary: 'write an example that runs',
  operands: '[folder]',
  count: [0, 1],
  options: { yaml: { summary: 'write allora.yml and services.ts, not app.ts' } },
  more: ['Writes package.json, unless there is one, and app.ts. Never writes over a file.'],
  run({ terminal, operands, options }) {
    const folder = resolve(operands[0] ?? '.')
    const files = filesFor(folder, options['yaml'] === true)
    const there = Object.keys(files).filter((name) => existsSync(join(folder, name)))
    if (there.length > 0) {
      throw new AppFileError(`${there.join(' and ')} of ${folder} would be written over. Choose an empty folder.`)
    }
    write(folder, files)
    terminal.tell({ folder, files: Object.keys(files) })
    terminal.say(nextSteps(folder, Object.keys(files)).join('\n'))
    return Promise.resolve(EXIT.done)
  },
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: 'wx' })
  } catch (error) {
    throw new AppFileError(`${folder} cannot be written to: ${(error as Error).message}. Choose another folder.`)
  }
}

function filesFor(folder: string, yaml: boolean): Readonly<Record<string, string>> {
  const manifest = join(folder, 'package.json')
  const isNew = !existsSync(manifest)
  // Only a package of type module takes .ts for ES modules without a warning.
  const extension = isNew || typeIn(manifest) === 'module' ? 'ts' : 'mts'
  return {
    ...(isNew && { 'package.json': newManifest() }),
    ...(yaml ? { 'allora.yml': YAML, [`services.${extension}`]: SERVICES } : { [`app.${extension}`]: APP }),
  }
}

function typeIn(manifest: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: string } | null)?.type
  } catch (error) {
    throw new AppFileError(
      `${manifest} cannot be read: ${(error as Error).message}. Mend it, or choose another folder.`,
    )
  }
}

function newManifest(): string {
  const manifest = {
    name: 'hello-allora',
    private: true,
    type: 'module',
    scripts: { start: 'allora run' },
    dependencies: { allora: `^${version()}` },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

function nextSteps(folder: string, files: readonly string[]): string[] {
  const where = relative('', folder)
  const go = where === '' ? [] : [`  cd ${where}`]
  const install = files.includes('package.json') ? ['  npm install'] : []
  return [
    `Wrote ${listed(files)}. Now, in one terminal:`,
    '',
    ...go,
    ...install,
    '  npx allora run --watch',
    '',
    'and in another:',
    '',
    ...go,
    '  npx allora send names \'"World"\'',
    '  npx allora receive greetings',
  ]
}

const listed = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

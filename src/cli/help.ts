/** The help: every page fits on a screen of 24 lines. */
import type { Command } from './command.ts'
import { table } from './terminal.ts'
import { version } from './version.ts'

/** All commands. */
export function overview(commands: readonly Command[]): string {
  const lines = table(commands.map(({ name, operands, summary }) => [`  ${name} ${operands}`.trimEnd(), summary]))
  return [
    `allora ${version()}: message flows that run, and what you need beside them`,
    '',
    ...lines,
    '',
    'A file is YAML, or a TypeScript or JavaScript module that exports an app.',
    'Unless named, it is $ALLORA_CONFIG, allora.yml, or app.ts, .mts, .js or .mjs.',
    'Every command has --help and, for programs, --json.',
    'Exit codes: 0 done, 1 problems, 2 wrong use, 3 no app is running, 130 aborted.',
  ].join('\n')
}

/** One command. */
export function commandHelp({ name, operands, summary, options, more = [] }: Command): string {
  const all = { ...options, json: { summary: 'write results as JSON, one value a line' } }
  const rows = Object.entries<{ readonly value?: string; readonly summary: string }>(all).map(
    ([option, { value, summary: what }]) => [`  --${option}${value === undefined ? '' : ` <${value}>`}`, what],
  )
  return [
    `allora ${name} ${operands}`.trimEnd(),
    '',
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    '',
    ...table(rows),
    ...(more.length === 0 ? [] : ['', ...more]),
  ].join('\n')
}

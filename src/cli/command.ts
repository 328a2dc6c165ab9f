/** What a command is: its words, its options, what it does. */
import type { ExitCode } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** One option of a command. */
export interface CommandOption {
  /** What stands for its value in the help; absent = it has none. */
  readonly value?: string
  readonly summary: string
}

/** A command of `allora`. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What may follow its name: `[file]`, `<channel> <json>`. */
  readonly operands: string
  /** Fewest and most of them. */
  readonly count: readonly [least: number, most: number]
  readonly options: Readonly<Record<string, CommandOption>>
  /** Lines that say more, below the options. */
  readonly more?: readonly string[]
  run(invocation: Invocation): Promise<ExitCode>
}

/** A command with what the user wrote behind it. */
export interface Invocation {
  readonly terminal: Terminal
  readonly operands: readonly string[]
  /** Of the options that were given: their value, or true. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
}

/** How commands find the app that runs. */
export const WHICH_APP: Readonly<Record<string, CommandOption>> = {
  app: { value: 'file', summary: 'the file that the app was run with; absent = as run finds it' },
  socket: { value: 'path', summary: 'the control socket of the app, instead of its file' },
}

/** An option that has a value. */
export function textOption({ options }: Invocation, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** The command line: finds the command, reads its options, runs it, and says what went wrong. */
import { parseArgs } from 'node:util'
import { AlloraError } from '../errors/allora-error.ts'
import { AppFileError, ControlRefusedError, NoRunningAppError, UsageError } from '../errors/control-errors.ts'
import { quote } from '../errors/describe-value.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import { COMMANDS } from './command-list.ts'
import type { Command, CommandOption, Invocation } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { commandHelp, overview } from './help.ts'
import { Terminal } from './terminal.ts'
import { version } from './version.ts'

/** Runs a command line, such as `['check', 'app.ts', '--json']`; answers the exit code. */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  const end = args.indexOf('--')
  const json = args.slice(0, end < 0 ? undefined : end).includes('--json')
  const terminal = new Terminal(json)
  try {
    return await dispatch(args, terminal)
  } catch (error) {
    report(error, terminal)
    return exitCodeOf(error)
  }
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = name === 'help' ? rest.find((arg) => !arg.startsWith('-')) : undefined
    terminal.raw(topic === undefined ? overview(COMMANDS) : commandHelp(commandNamed(topic)))
    return EXIT.done
  }
  if (name === '--version' || name === '-v') {
    terminal.raw(version())
    return EXIT.done
  }
  const command = commandNamed(name)
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.raw(commandHelp(command))
    return EXIT.done
  }
  return command.run(invocationOf(command, rest, terminal))
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const names = COMMANDS.map((candidate) => candidate.name)
  throw new UsageError(`There is no command ${quote(name)}. ${didYouMean(name, names)}allora --help lists them all.`)
}

function invocationOf(command: Command, args: readonly string[], terminal: Terminal): Invocation {
  const options: Readonly<Record<string, CommandOption>> = { ...command.options, json: { summary: '' } }
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value }]) => [
        name,
        { type: value === undefined ? 'boolean' : 'string' } as const,
      ]),
    ),
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name)) throw unknownOption(command, token.rawName, Object.keys(options))
    const { value } = options[token.name]!
    if (value !== undefined && token.value === undefined) {
      throw wrongUse(command, `${token.rawName} needs a value: ${token.rawName} <${value}>.`)
    }
    if (value === undefined && token.value !== undefined) throw wrongUse(command, `${token.rawName} takes no value.`)
  }
  const [least, most] = command.count
  if (positionals.length < least)
    throw wrongUse(command, `${wordFor(command.operands.split(' ')[positionals.length]!)} is missing.`)
  if (positionals.length > most) throw wrongUse(command, `${quote(positionals[most]!)} is too much.`)
  return { terminal, operands: positionals, options: values }
}

function unknownOption(command: Command, given: string, names: readonly string[]): UsageError {
  const meant = didYouMean(given.replace(/^-+/, ''), names).replace(/"(.+)"/, '--$1')
  const literal = given.startsWith('--') ? '' : 'To pass it as it is, write -- before it.'
  return wrongUse(command, `There is no option ${given}. ${meant}${literal}`.trimEnd())
}

function wrongUse({ name, operands }: Command, problem: string): UsageError {
  const usage = `allora ${name} ${operands}`.trimEnd()
  return new UsageError(`${problem} The command is used like this: ${usage}. allora ${name} --help says more.`)
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage
  return error instanceof NoRunningAppError ? EXIT.notRunning : EXIT.problems
}

/** An error of the library is a sentence; of what a module of the user threw, the stack says more. */
function report(error: unknown, terminal: Terminal): void {
  const code = error instanceof ControlRefusedError ? (error.remoteCode ?? error.code) : codeOf(error)
  const sentence = error instanceof Error ? error.message : String(error)
  if (terminal.json) {
    process.stderr.write(`${JSON.stringify({ error: { ...(code !== undefined && { code }), message: sentence } })}\n`)
    return
  }
  const known = code === undefined ? '' : ` ${code}`
  terminal.note(`${terminal.paintNote('red', `error${known}`)} ${sentence}`)
  const foreign = error instanceof AppFileError ? error.cause : error
  if (foreign instanceof Error && !(foreign instanceof AlloraError)) {
    terminal.note(terminal.paintNote('dim', stackOf(foreign)))
  }
}

/** Without the calls within Node, which nobody can change. */
function stackOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => !/^ +at .*\bnode:/.test(line))
    .join('\n')
}

function codeOf(error: unknown): string | undefined {
  return error instanceof AlloraError ? error.code : undefined
}

/** `ls|rm` is a choice, and not what is typed. */
const wordFor = (operand: string): string =>
  operand.includes('|') ? `One of ${operand.replaceAll('|', ', ')}` : operand

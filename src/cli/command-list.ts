/** The commands of `allora`, in the order of the help. */
import type { Command } from './command.ts'
import { checkCommand } from './commands/check.ts'
import { dlqCommand } from './commands/dlq.ts'
import { explainCommand } from './commands/explain.ts'
import { graphCommand } from './commands/graph.ts'
import { initCommand } from './commands/init.ts'
import { receiveCommand } from './commands/receive.ts'
import { runCommand } from './commands/run.ts'
import { schemaCommand } from './commands/schema.ts'
import { sendCommand } from './commands/send.ts'
import { stopCommand } from './commands/stop.ts'
import { tailCommand } from './commands/tail.ts'
import { topCommand } from './commands/top.ts'

/** Those for files, and those for an app that runs. */
export const COMMANDS: readonly Command[] = [
  initCommand,
  runCommand,
  checkCommand,
  graphCommand,
  schemaCommand,
  explainCommand,
  sendCommand,
  receiveCommand,
  tailCommand,
  dlqCommand,
  topCommand,
  stopCommand,
]

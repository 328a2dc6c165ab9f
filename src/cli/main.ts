#!/usr/bin/env node
/** The program `allora`. */
import { runCli } from './cli.ts'

// Whoever reads has seen enough, as in `allora explain | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

process.exitCode = await runCli(process.argv.slice(2))

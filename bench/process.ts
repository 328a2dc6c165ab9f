/** Measures in processes of their own, so that nothing measured before has a say: the order goes in as JSON and the answer comes out. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const start = promisify(execFile)

/**
 * Runs a script of this folder, which calls {@link answer}.
 *
 * @throws Error with what the script printed when it fails.
 */
export async function ask<Order, Answer>(script: string, order: Order): Promise<Answer> {
  const flags = ['--conditions=allora-source', '--expose-gc', '--disable-warning=ExperimentalWarning']
  const path = join(import.meta.dirname, script)
  const { stdout } = await start(process.execPath, [...flags, path, JSON.stringify(order)]).catch((error: unknown) => {
    throw new Error(`${script} ${JSON.stringify(order)} failed:\n${(error as { stderr: string }).stderr}`)
  })
  // Libraries may have printed something before.
  return JSON.parse(stdout.slice(stdout.lastIndexOf(MARK) + MARK.length)) as Answer
}

/** Answers the order that this process was started with, and ends the process. */
export async function answer<Order, Answer>(work: (order: Order) => Promise<Answer>): Promise<void> {
  const result = await work(JSON.parse(process.argv[2]!) as Order)
  process.stdout.write(`${MARK}${JSON.stringify(result)}`, () => process.exit())
}

const MARK = '\u0001answer:'

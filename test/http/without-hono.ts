/** Programs on a machine where the packages of servers are not installed. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const HOOK = `import { registerHooks } from 'node:module'
registerHooks({ resolve: (name, context, next) => { if (/^@?hono/.test(name)) throw new Error('not installed: ' + name); return next(name, context) } })`

/** What `http.inbound` says then, after its code. */
export const MISSING =
  'ALLORA409 http.inbound needs the packages "hono" and "@hono/node-server", which cannot be loaded. Install them: npm install hono @hono/node-server'

/** Runs a program to which hono is not installed, and gives what it prints. */
export async function withoutHono(program: string): Promise<string> {
  const args = ['--conditions=allora-source', '--import', `data:text/javascript,${encodeURIComponent(HOOK)}`]
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--input-type=module', '--eval', program], {
    cwd: join(import.meta.dirname, '../..'),
  })
  return stdout.trim()
}

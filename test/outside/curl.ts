/** An HTTP client that knows nothing of this library. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs curl; gives the status and the body. */
export async function curl(...args: readonly string[]): Promise<readonly [status: number, body: string]> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-m', '20', '-w', String.raw`\n%{http_code}`, ...args])
  const at = stdout.lastIndexOf('\n')
  return [Number(stdout.slice(at + 1)), stdout.slice(0, at)]
}

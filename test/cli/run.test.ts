/** An app that runs, and every command that speaks to it, as real processes. */
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended, type Project, type Running, projectForEach } from './project.ts'

/** Greets; an empty name fails, `slow` takes a while, `stuck` never ends. */
const app = (greeting: string, extra = ''): string => `
import { app, flow, queue, direct } from 'allora'
import { name } from './service.ts'
${extra}
const hello = flow('hello')
  .from(queue('names').of<string>())
  .handle(async (text) => {
    if (text === '') throw new Error('A name is needed.')
    if (text === 'slow' || text === 'stuck') console.log('begun')
    if (text === 'slow') await new Promise((resolve) => setTimeout(resolve, 300))
    if (text === 'stuck') await new Promise(() => undefined)
    return \`${greeting}, \${name(text)}!\`
  }, { id: 'greet' })
  .to(queue('greetings'))
  .build()
const shout = flow('shout').from(direct('shouts').of<string>()).transform((text) => text.toUpperCase(), { id: 'up' }).to(queue('loud')).build()
export default app(hello, shout)
`
const SERVICE = 'export const name = (text: string): string => text\n'

let project: Project
projectForEach({ 'app.ts': app('Hello'), 'service.ts': SERVICE }, (made) => {
  project = made
})

async function running(...args: string[]): Promise<Running> {
  const process = project.start('run', ...args)
  await process.until(/^Running app\.ts: 2 flows: hello, shout\. Ctrl-C stops it\.$/m)
  return process
}

const lines = ({ stdout }: Ended): unknown[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

test('send, receive, dlq, top and stop speak to the app that runs', async () => {
  const process = await running()
  expect(await project.allora('send', 'names', '"World"')).toMatchObject({ code: 0, stdout: 'Sent to names.\n' })
  expect(await project.allora('receive', 'greetings')).toMatchObject({ code: 0, stdout: 'Hello, World!\n' })

  const none = await project.allora('receive', 'greetings', '--timeout', '1')
  expect(none).toMatchObject({ code: 1, stdout: '', stderr: 'Nothing came from greetings.\n' })
  const unknown = await project.allora('send', 'nams', '1')
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error ALLORA209 .*Did you mean "names"\?/) })
  const direct = await project.allora('receive', 'shouts', '--json')
  expect(JSON.parse(direct.stderr)).toMatchObject({ error: { code: 'ALLORA208' } })

  const tail = project.start('tail', 'names', '--json')
  await tail.until(/"watching"/)
  await project.allora('send', 'names', '', '--text', '--headers', '{"tier":"gold"}')
  await process.until(/^dead letter .*A name is needed\./m)
  await tail.until(/"type":"dead".*"channelId":"names"/)
  tail.signal('SIGINT')
  const watched = await tail.ended
  expect(watched.code).toBe(0)
  expect(lines(watched).map((event) => (event as { type: string }).type)).toEqual(['watching', 'accepted', 'dead'])

  const [letter] = lines(await project.allora('dlq', 'ls', '--json')) as [{ id: string }]
  expect(letter).toMatchObject({
    reason: 'failed',
    nodeId: 'greet',
    message: { payload: '', headers: { tier: 'gold' } },
  })
  expect((await project.allora('dlq', 'show', letter.id)).stdout).toContain('hello/greet')
  expect(await project.allora('dlq', 'redrive')).toMatchObject({ code: 2 })
  const dry = await project.allora('dlq', 'redrive', '--all', '--dry-run')
  expect(dry).toMatchObject({ code: 0, stdout: 'Would redrive 1 dead letter.\n' })
  expect(await project.allora('dlq', 'redrive', '--channel', 'loud')).toMatchObject({ code: 1 })
  expect(await project.allora('dlq', 'redrive', letter.id)).toMatchObject({
    code: 0,
    stdout: 'Redrove 1 dead letter.\n',
  })
  await process.until(/(dead letter .*\s+){2}/)
  expect(await project.allora('dlq', 'rm', '--reason', 'failed')).toMatchObject({ stdout: 'Removed 1 dead letter.\n' })
  expect(await project.allora('dlq', 'ls')).toMatchObject({ code: 0, stdout: 'There are no dead letters.\n' })
  expect((await project.allora('dlq', 'ls', '--flow', 'none')).stdout).toBe('No dead letter is meant by this.\n')

  expect((await project.allora('top')).stdout).toMatch(/CHANNEL +KIND +WAITING.*\n(.*\n)*names +queue +0 +0 +3/)
  await project.allora('send', 'shouts', '"hey"')
  const stop = await project.allora('stop')
  expect(stop).toMatchObject({ code: 0, stdout: expect.stringContaining('Stopped. All work in flight has ended.') })
  expect(stop.stdout).toMatch(/1 message is left:\n {2}buffered {2}loud/)
  expect(await process.ended).toMatchObject({ code: 0, stdout: stop.stdout })
}, 60_000)

test('top draws again and again, and ends with the app, as tail does', async () => {
  const process = await running('--json')
  const top = project.start('top', '--json', '--interval', '1')
  await top.until(/\n.*\n/)
  const tail = project.start('tail')
  await tail.until(/Watching/)
  const stop = await project.allora('stop', '--json')
  expect(JSON.parse(stop.stdout)).toEqual({ drained: true, aborted: 0, left: [] })
  expect(await top.ended).toMatchObject({ code: 0, stderr: 'The app has ended.\n' })
  expect(await tail.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/The app has ended\.\n$/) })
  expect(lines(await process.ended)).toMatchObject([
    { event: 'running', flows: ['hello', 'shout'] },
    { event: 'stopped' },
  ])
}, 60_000)

test('Ctrl-C lets work in flight end, and says what was left', async () => {
  const process = await running()
  await project.allora('send', 'names', '"slow"')
  await process.until(/begun/)
  process.signal('SIGINT')
  const { code, stdout, stderr } = await process.ended
  expect(code).toBe(0)
  expect(stderr).toContain('Stopping: work in flight may end within 10 s. Ctrl-C again does not wait for it.')
  expect(stdout).toMatch(/Stopped\. All work in flight has ended\.\n1 message is left:\n {2}buffered {2}greetings/)
}, 60_000)

test('dead letters that nobody redrove are counted at the end', async () => {
  const process = await running()
  await project.allora('send', 'names', '""')
  await process.until(/^dead letter /m)
  process.signal('SIGINT')
  expect((await process.ended).stderr).toMatch(/\n1 dead letter was not redriven, and ended with the app\.\n$/)
}, 60_000)

test('a second Ctrl-C does not wait, and names what is lost', async () => {
  const process = await running()
  await project.allora('send', 'names', '"stuck"')
  await process.until(/begun/)
  process.signal('SIGTERM')
  await process.until(/Stopping/)
  process.signal('SIGINT')
  const { code, stdout } = await process.ended
  expect(code).toBe(130)
  expect(stdout).toMatch(
    /Stopped\. 1 message in work did not end in time\.\n1 message is left:\n {2}aborted {2}names in hello\/greet {2}\S+ /,
  )
}, 60_000)

test('work that does not end before the timeout is aborted, named, and a failure', async () => {
  const process = await running()
  await project.allora('send', 'names', '"stuck"')
  await process.until(/begun/)
  const stop = await project.allora('stop', '--timeout', '1')
  expect(stop.code).toBe(1)
  expect(stop.stdout).toMatch(
    /Stopped\. 1 message in work did not end in time\.\n1 message is left:\n {2}aborted {2}names in hello\/greet/,
  )
  expect(await process.ended).toMatchObject({ code: 1 })
}, 60_000)

test('--watch loads the app again, and messages that wait are kept', async () => {
  const process = await running('--watch')
  for (const name of ['a', 'b']) await project.allora('send', 'names', name, '--text')
  project.write('app.ts', app('Bye'))
  await process.until(/Reloaded\. Messages that waited and were kept: 2\./)
  await project.allora('send', 'names', '"c"')
  const received = lines(await project.allora('receive', 'greetings', '--count', '3', '--json'))
  expect(received).toMatchObject([{ payload: 'Hello, a!' }, { payload: 'Hello, b!' }, { payload: 'Bye, c!' }])

  project.write('app.ts', app('Hi', 'this is no code'))
  await process.until(/Not reloaded, what ran before goes on\./)
  project.write('app.ts', app('Hi'))
  project.write('service.ts', SERVICE.replace('=> text', '=> text + text'))
  await process.until(/Reloaded\.$/m)
  await project.allora('send', 'names', '"d"')
  expect(await project.allora('receive', 'greetings')).toMatchObject({ stdout: 'Hi, dd!\n' })
  process.signal('SIGINT')
  expect(await process.ended).toMatchObject({ code: 0 })
}, 60_000)

test('a YAML file runs with the services beside it, and is loaded again when it changes', async () => {
  await project.allora('init', 'yaml', '--yaml')
  const process = project.start('run', 'yaml', '--watch')
  await process.until(/^Running yaml\/allora\.yml: flow/m)
  const at = ['--app', 'yaml']
  await project.allora('send', 'names', '"World"', ...at)
  const yaml = readFileSync(join(project.folder, 'yaml/allora.yml'), 'utf8')
  project.write('yaml/allora.yml', yaml.replace('kind: queue', 'kind: queu'))
  await process.until(/Not reloaded, what ran before goes on\. The app has errors\./)
  project.write('yaml/allora.yml', yaml.replace('from: names', 'from: people').replace('id: names', 'id: people'))
  await process.until(/Reloaded\. Messages that waited and were kept: 1\./)
  await project.allora('send', 'people', '"again"', ...at)
  const received = await project.allora('receive', 'greetings', '--count', '2', ...at)
  expect(received.stdout).toBe('Hello, World!\nHello, again!\n')
  process.signal('SIGINT')
  expect(await process.ended).toMatchObject({ code: 0 })
}, 60_000)

test('an app with errors does not run', async () => {
  project.write('app.ts', app('Hello').replace("from(queue('names')", "from(direct('shouts')"))
  expect(await project.allora('run')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error ALLORA104/) })
}, 60_000)

test('a file runs once at a time; a socket of a program that is gone is no hindrance', async () => {
  const process = await running('--json')
  const [, socket] = await process.until(/"socket":"([^"]+)"/)
  expect(statSync(socket!).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(socket!)).mode & 0o777).toBe(0o700)
  const second = await project.allora('run')
  expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/ALLORA704 Another app is running/) })
  process.signal('SIGKILL')
  await process.ended
  const third = await running()
  expect(await project.allora('stop', '--socket', socket!)).toMatchObject({ code: 0 })
  await third.ended
  chmodSync(dirname(socket!), 0o755)
  expect(await project.allora('run')).toMatchObject({ code: 1, stderr: expect.stringContaining('chmod 700') })
}, 60_000)

test('a second process of an app begins nothing, so that it takes no message', async () => {
  project.write(
    'allora.yml',
    'version: 2\nflows:\n  - id: count\n    from: { iterate: [1, 2, 3] }\n    steps:\n      - to: { fileSink: { path: out.jsonl } }\n',
  )
  const first = project.start('run', 'allora.yml')
  await first.until(/^Running allora\.yml/m)
  expect(await project.allora('run', 'allora.yml')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ALLORA704'),
  })
  first.signal('SIGINT')
  await first.ended
  expect(readFileSync(join(project.folder, 'out.jsonl'), 'utf8')).toBe('1\n2\n3\n')
}, 60_000)

test('logging.yml beside a module says what its app logs, and how', async () => {
  project.write('logging.yml', 'filter: "off,said=warn"\nansi: false\nformat: { with_timestamp: false }')
  project.write(
    'said.ts',
    `import { app, flow, queue } from 'allora'
const of = (id: string) => flow(id).from(queue(id)).log(() => 'not wanted').log(() => 'wanted', { level: 'warn', id: 'say' }).to(queue(id + 'Done')).build()
export default app(of('said'), of('unsaid'))`,
  )
  const process = project.start('run', 'said.ts')
  await process.until(/^Running said\.ts/m)
  for (const id of ['unsaid', 'said']) await project.allora('send', id, '1', '--app', 'said.ts')
  await process.until(/^ WARN wanted$/m)
  process.signal('SIGINT')
  const { stdout, stderr } = await process.ended
  expect(`${stdout}${stderr}`.match(/wanted/g)).toEqual(['wanted'])
})

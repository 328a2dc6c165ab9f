/** What only a terminal sees: colours, progress, and a picture that changes. A pseudo terminal is made by `script` of util-linux. */
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { type Project, projectForEach } from '../cli/project.ts'

const APP = `
import { app, flow, queue } from 'allora'
const work = flow('work').from(queue('jobs').of<string>()).handle(async (job) => {
  if (job === 'stuck') { console.log('begun'); await new Promise(() => undefined) }
  return job
}, { id: 'do' }).to(queue('done')).build()
export default app(work)
`

/** Whether a text has colours or another look. */
const isPainted = (text: string): boolean => text !== stripVTControlCharacters(text)
const CLEAR = '\u001B[H\u001B[J'

let project: Project
projectForEach({ 'app.ts': APP, 'wrong.yml': 'version: 1\nchanels: []\nchannels: {}\n' }, (made) => {
  project = made
})

test('check has colours on a terminal, and none in a pipe or where NO_COLOR is set', async () => {
  const shown = await project.terminal(['check', 'wrong.yml']).ended
  expect(shown.code).toBe(1)
  expect(isPainted(shown.stdout)).toBe(true)
  const piped = await project.allora('check', 'wrong.yml')
  expect(isPainted(piped.stdout + piped.stderr)).toBe(false)
  expect(stripVTControlCharacters(shown.stdout).replaceAll('\r\n', '\n')).toBe(piped.stdout + piped.stderr)
  const plain = await project.terminal(['check', 'wrong.yml'], { NO_COLOR: '1' }).ended
  expect(isPainted(plain.stdout)).toBe(false)
}, 60_000)

test('top draws again and again on a terminal, and once in a pipe', async () => {
  const app = project.start('run')
  await app.until(/^Running/m)
  const top = project.terminal(['top', '--interval', '1'])
  await top.until(/(?:CHANNEL[^]*jobs[^]*){3}/)
  top.type('\u0003')
  const { code, stdout } = await top.ended
  expect({ code, bold: stdout.includes('\u001B[1mCHANNEL') }).toEqual({ code: 0, bold: true })
  expect(stdout.split(CLEAR).length).toBeGreaterThan(3)
  const once = await project.allora('top')
  expect(isPainted(once.stdout)).toBe(false)
  expect(once.stdout.match(/CHANNEL/g)).toHaveLength(1)
}, 60_000)

test('Ctrl-C on a terminal stops an app, tells how far it is, and a second one names what is lost', async () => {
  const app = project.terminal(['run'])
  await app.until(/Running app\.ts/)
  await project.allora('send', 'jobs', '"stuck"')
  await app.until(/begun/)
  app.type('\u0003')
  await app.until(/Stopping: 1 in work/)
  app.type('\u0003')
  const { code, stdout } = await app.ended
  expect(code).toBe(130)
  expect(stdout).toMatch(/1 message is left:\r\n {2}aborted {2}jobs in work\/do {2}\S+ /)
}, 60_000)

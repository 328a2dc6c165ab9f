/** Finding, loading and running a file, and its logging. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { findConfig } from '../../src/yaml/find-config.ts'
import { InvalidFileError } from '../../src/yaml/invalid-file-error.ts'
import { loadRuntime } from '../../src/yaml/load-runtime.ts'
import { loggerOf, readLogging } from '../../src/yaml/logging.ts'

const root = mkdtempSync(join(tmpdir(), 'allora-yaml-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): string {
  const whole = join(root, path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(whole, text)
  return whole
}

const empty = 'version: 1\n'
for (const path of ['here/allora.yml', 'main/allora.yml', 'named/allora.yml', 'env/allora.yml', 'other.yml'])
  write(path, empty)
const at = (path: string): string => join(root, path)

describe("the places, in Allora's order", () => {
  const all = {
    argv: ['node', at('main/app.js'), '--runtime', at('named')],
    env: { ALLORA_CONFIG: at('env') },
    cwd: at('here'),
  }
  const main = all.argv.slice(0, 2)

  test.each<[string, string | undefined, Partial<typeof all>, string]>([
    ['the path that is given', '../other.yml', {}, 'other.yml'],
    ['a folder that is given is no file', '.', {}, 'here'],
    ['--runtime, a folder', undefined, {}, 'named/allora.yml'],
    ['--runtime=, a file', undefined, { argv: [...main, '--runtime=../other.yml'] }, 'other.yml'],
    ['the first --runtime', undefined, { argv: [...main, '--runtime=../other.yml', '--runtime', 'x'] }, 'other.yml'],
    ['ALLORA_CONFIG', undefined, { argv: main }, 'env/allora.yml'],
    ['the working directory', undefined, { argv: main, env: {} as typeof all.env }, 'here/allora.yml'],
    ['beside the main module', undefined, { argv: main, env: {} as typeof all.env, cwd: root }, 'main/allora.yml'],
    ['nowhere', undefined, { argv: ['node'], env: {} as typeof all.env, cwd: root }, 'allora.yml'],
  ])('%s', (_, path, surroundings, expected) => {
    expect(findConfig(path, { ...all, ...surroundings })).toBe(at(expected))
  })
})

describe('loadRuntime', () => {
  const hello = write(
    'hello/allora.yml',
    'version: 1\nchannels: [{ id: input }, { id: output, kind: queue }]\nservice-activators: [{ ref-name: hello, from: input, to: output }]',
  )

  test('runs a file', async () => {
    await using rt = await loadRuntime(hello, { services: { hello: (name: string) => `Hello, ${name}!` } }).start()
    await rt.sendUnknown('input', 'World')
    expect(rt.metrics().channels['output']?.buffered).toBe(1)
  })

  test('says where it looked when there is nothing', () => {
    const load = (): unknown => loadRuntime(undefined, { argv: ['node'], env: {}, cwd: root })
    expect(load).toThrow(InvalidFileError)
    expect(load).toThrow('There is no file to read at allora.yml')
  })

  test('a folder is no file', () => {
    expect(() => loadRuntime('hello', { cwd: root, env: {} })).toThrow('it is a folder')
  })

  test('says everything that is wrong, with its lines', () => {
    const broken = write('broken.yml', 'version: 1\nchannels: [{ kid: a }]\nfilters: []')
    const error: unknown = caught(() => loadRuntime(broken, { cwd: root }))
    expect(error).toBeInstanceOf(InvalidFileError)
    expect((error as InvalidFileError).message).toContain('error ALLORA608 Value of the wrong kind (broken.yml:3:10)')
    expect((error as InvalidFileError).diagnostics.map(({ code }) => code)).toEqual(['ALLORA607', 'ALLORA608'])
  })

  test('says which services are missing, with their lines', () => {
    expect(() => loadRuntime(hello, { cwd: root })).toThrow('error ALLORA108 Missing service (hello/allora.yml:3:34)')
  })

  test('logs as logging.yml beside it says', async () => {
    write('log/logging.yml', 'level: warn\nansi: false\nformat: { with_timestamp: false }')
    const file = write(
      'log/allora.yml',
      'version: 2\nchannels: [{ id: in }]\nflows: [{ from: in, steps: [{ log: line, level: warn }, { log: line, level: info }] }]',
    )
    const lines: string[] = []
    const given = {
      debug: unwanted,
      info: (line: string) => lines.push(line),
      warn: (line: string) => lines.push(line),
      error: unwanted,
    }
    await using rt = await loadRuntime(file, { services: { line: () => 'said' }, logger: given, cwd: root }).start()
    await rt.sendUnknown('in', 1)
    expect(lines).toEqual(['said', 'said'])
    expect(readLogging(at('log'), root)).toMatchObject({ filter: 'warn', ansi: false, withTimestamp: false })
  })
})

function unwanted(line: string): never {
  throw new Error(`Not expected to be logged: ${line}`)
}

function caught(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}

describe('logging.yml', () => {
  const settings = (text: string): unknown => {
    const { source: _, ...rest } = readLogging('/nowhere', '/nowhere', () => text)
    return rest
  }
  const defaults = { filter: 'info', ansi: true, withTimestamp: true }

  test('there is none: the defaults', () => {
    expect(readLogging(at('nothing'), at('nothing'))).toEqual({ ...defaults, source: 'default' })
  })
  test('that of the folder goes before that of the working directory', () => {
    expect(readLogging(at('log'), at('nothing')).source).toBe(at('log/logging.yml'))
    expect(readLogging(at('nothing'), at('log')).source).toBe(at('log/logging.yml'))
  })
  test('one that cannot be read leaves the defaults, and says so', () => {
    const { source, ...rest } = readLogging('/x', '/x', () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' })
    })
    expect(rest).toEqual(defaults)
    expect(source).toBe('/x/logging.yml (read error, using defaults)')
  })
  test.each([
    ['filter: trace\nlevel: warn', { ...defaults, filter: 'trace' }],
    ['level: debug\nansi: false', { ...defaults, filter: 'debug', ansi: false }],
    ['filter: off\nformat:\n  with_timestamp: false', { ...defaults, filter: 'off', withTimestamp: false }],
    ['format: { json: true }', { ...defaults, json: true }],
    ['unknown: 1\nlevel: [1]\nansi: maybe', defaults],
    ['[not yaml', defaults],
    ['', defaults],
  ])('%j', (text, expected) => {
    expect(settings(text)).toEqual(expected)
  })

  test.each([
    ['trace', 4],
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['off', 0],
    ['info,hyper=debug', 3],
    ['error,allora=debug', 4],
    ['hyper=debug', 1],
    ['nonsense', 4],
  ])('the filter %s lets %i levels pass', (filter, count) => {
    const lines: string[] = []
    const logger = loggerOf({ filter, ansi: false, withTimestamp: false, source: '' }, (line) => lines.push(line))
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level)
    expect(lines).toHaveLength(count)
  })

  test.each([
    ['a terminal', true, '\u001b[33m WARN\u001b[0m said\n'],
    ['a pipe', undefined, ' WARN said\n'],
  ])('%s as the standard error output', (_, isTTY, line) => {
    const { isTTY: before } = process.stderr
    Object.assign(process.stderr, { isTTY, hasColors: () => true })
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    loggerOf({ filter: 'info', ansi: true, withTimestamp: false, source: '' }).warn('said')
    expect(write.mock.calls).toEqual([[line]])
    write.mockRestore()
    Reflect.deleteProperty(process.stderr, 'hasColors')
    Object.assign(process.stderr, { isTTY: before })
  })

  test('a line can be an object, and a flow has a level of its own', () => {
    const lines: string[] = []
    const logger = loggerOf(
      { filter: 'warn,orders=debug', ansi: true, withTimestamp: false, json: true, source: '' },
      (line) => lines.push(line),
    )
    logger.info('said', { flowId: 'orders' })
    logger.info('not said', { flowId: 'others' })
    expect(lines).toEqual(['{"level":"info","msg":"said","flowId":"orders"}'])
  })

  test('a line has the time, the level in its colour, and what was said', () => {
    const lines: string[] = []
    const log = (ansi: boolean, withTimestamp: boolean): void =>
      loggerOf(
        { filter: 'info', ansi, withTimestamp, source: '' },
        (line) => lines.push(line),
        () => 0,
      ).warn('said')
    log(false, true)
    log(true, false)
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z  WARN said', '\u001b[33m WARN\u001b[0m said'])
  })
})

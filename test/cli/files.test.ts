/** The commands for files, each as a real process: init, check, graph, explain, and the help. */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runCli } from '../../src/cli/cli.ts'
import { EXPLANATIONS } from '../../src/cli/error-codes.ts'
import { COMMANDS } from '../../src/cli/command-list.ts'
import { commandHelp } from '../../src/cli/help.ts'
import { root } from '../tooling/virtual-program.ts'
import { type Ended, Project, install } from './project.ts'

// A process takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const HELLO = `
import { app, flow, queue } from 'allora'
const hello = flow('hello').from(queue('names')).handle((name: string) => name, { id: 'greet' }).to(queue('greetings')).build()
export default app(hello)
`
const BROKEN = `
import { app, direct, flow } from 'allora'
const a = flow('a').from(direct('in')).handle((x: number) => x).to(direct('out')).build()
const b = flow('b').from(direct('in').of<number>()).handle((x) => x).to(direct('out').of<number>()).build()
export default app(a, b)
`
const NEEDY = `
import { app, contract, flow, queue } from 'allora'
const rate = contract<string, number>()('rate')
export const needy = app(flow('needy').from(queue('in').of<string>()).handle(rate).to(queue('out')).build())
`

/** For what needs no folder: the same without a process of its own, which takes a tenth of the time. */
async function inProcess(...args: string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    }),
  )
  const code = await runCli(args)
  for (const spy of spies) spy.mockRestore()
  return { code, ...written }
}

const YAML = `version: 1
channels:
  - { id: names, kind: queue }
  - { id: greetings, kind: queue }
service-activators:
  - { id: greet, ref-name: greet, from: names, to: greetings }
`

let installed: string
let project: Project
beforeAll(() => {
  installed = install()
  project = new Project(installed, {
    'app.ts': HELLO,
    'broken.ts': BROKEN,
    'needy.ts': NEEDY,
    'services.ts': `import { service } from 'allora'\nexport const anything = service('rate', (x: string) => x.length)\n`,
    'flows.ts':
      `import { flow, queue } from 'allora'\nexport const a = flow('a').from(queue('in').of<string>()).to(queue('out'))\n`.replace(
        "queue('out'))",
        "queue('out')).build()",
      ),
    'throws.ts': `function deep() { throw new TypeError('no database') }\ndeep()\n`,
    'yaml/allora.yml': YAML,
    'wrong/allora.yml': YAML.replace('kind: queue', 'kind: queu'),
    'empty.ts': 'export const answer = 42\n',
    'two.ts': `${HELLO.replace('export default', 'export const one =')}\nexport const two = app(hello)\n`,
    'cjs/app.js': `export { default } from '../app.ts'\n`,
  })
}, 60_000)
afterAll(async () => {
  await project.remove()
  rmSync(installed, { recursive: true, force: true })
})

test.concurrent('without a command it shows them all on one screen', async () => {
  const { code, stdout, stderr } = await project.allora()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const { name } of COMMANDS) expect(stdout).toContain(`\n  ${name}`)
  expect(stdout.split('\n').length).toBeLessThanOrEqual(25)
})

test.each(COMMANDS)('the help of $name fits on a screen', (command) => {
  const lines = commandHelp(command).split('\n')
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
})

test('--help and --version need no app', async () => {
  const help = { code: 0, stdout: `${commandHelp(COMMANDS[1]!)}\n`, stderr: '' }
  expect(await inProcess('run', '--help')).toEqual(help)
  expect(await inProcess('help', 'run')).toEqual(help)
  expect((await inProcess('--help')).stdout).toBe((await inProcess('help')).stdout)
  expect((await inProcess('--version')).stdout).toMatch(/^\d+\.\d+\.\d+/)
})

test.each([
  [['chek'], 'There is no command "chek". Did you mean "check"?'],
  [['graph', '--formt', 'dot'], 'There is no option --formt. Did you mean --format?'],
  [['graph', '--format'], '--format needs a value: --format <name>.'],
  [['check', '--json=yes'], '--json takes no value.'],
  [['graph', '--format', 'mermad'], 'There is no format "mermad". Did you mean "mermaid"?'],
  [['send', 'names'], '<json> is missing. The command is used like this: allora send <channel> <json>.'],
  [['check', 'app.ts', 'b.ts'], '"b.ts" is too much.'],
  [['send', 'names', '-5'], 'To pass it as it is, write -- before it.'],
  [['send', 'names', 'hello'], `The payload must be JSON, but it is "hello". In a shell, quote JSON once more`],
  [['send', 'names', '1', '--headers', '[]'], '--headers must be a JSON object'],
  [['receive', 'names', '--count', '0'], '--count must be a whole number from 1, but it is "0".'],
  [['schema', '--format', '3'], '--format must be 1 or 2'],
  [['explain', 'ALLORA999'], 'There is no code "ALLORA999".'],
  [['dlq', 'lst'], 'There is no dlq "lst". Did you mean "ls"?'],
])('%j is wrong use: it exits with 2 and says how it is right', async (args, sentence) => {
  const { code, stdout, stderr } = await inProcess(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^error ALLORA701 /)
  expect(stderr).toContain(sentence)
})

test.concurrent('with --json errors are JSON, on the standard error', async () => {
  const { code, stdout, stderr } = await project.allora('chek', '--json')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ALLORA701', message: expect.stringContaining('"chek"') } })
})

test.concurrent('without a terminal there is no colour', async () => {
  const { stdout, stderr } = await project.allora('check', 'broken.ts')
  // oxlint-disable-next-line no-control-regex
  expect(stdout + stderr).not.toMatch(/\u001B/)
})

test.concurrent('init writes an example that check finds nothing wrong with, and writes over nothing', async () => {
  const made = await project.allora('init', 'fresh')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('Wrote package.json and app.ts.')
  expect(made.stdout).toContain('  cd fresh\n  npm install\n  npx allora run --watch')
  expect(JSON.parse(readFileSync(join(project.folder, 'fresh/package.json'), 'utf8'))).toMatchObject({ type: 'module' })
  expect(await project.allora('check', 'fresh')).toMatchObject({ code: 0, stdout: 'fresh/app.ts is fine.\n' })

  const again = await project.allora('init', 'fresh', '--json')
  expect(again.code).toBe(1)
  expect(JSON.parse(again.stderr)).toMatchObject({
    error: { message: expect.stringContaining('would be written over') },
  })
})

test.concurrent('init beside a package.json of another type writes a module that needs none', async () => {
  project.write('commonjs/package.json', '{}')
  const { stdout } = await project.allora('init', 'commonjs', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ files: ['app.mts'] })
  expect(await project.allora('check', 'commonjs')).toMatchObject({ code: 0, stderr: '' })
})

test.concurrent('init says what is wrong with a folder, without a stack', async () => {
  project.write('torn/package.json', '{')
  project.write('full', '')
  for (const [folder, sentence] of [
    ['torn', /torn\/package\.json cannot be read: .*\. Mend it, or choose another folder\.\n$/],
    ['full', /full cannot be written to: EEXIST.*\. Choose another folder\.\n$/],
  ] as const) {
    const { code, stderr } = await project.allora('init', folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error ALLORA702 .*\n$/)
    expect(stderr).toMatch(sentence)
  }
})

test.concurrent('a file that is neither YAML nor a module is told to be none', async () => {
  project.write('allora.json', '{}')
  expect(await project.allora('check', 'allora.json')).toMatchObject({
    code: 1,
    stderr:
      'error ALLORA702 "allora.json" is neither YAML (.yml, .yaml) nor a module (.ts, .mts, .js, .mjs). Name a file that is, or give this one such a name.\n',
  })
})

test.concurrent('check warns of a logging.yml that means nothing', async () => {
  project.write('logged/app.ts', HELLO)
  project.write('logged/logging.yml', 'filter: "info,hello=debg"\ncolour: red\nformat: { json: 1 }\n')
  const { code, stdout } = await project.allora('check', 'logged')
  expect(code).toBe(0)
  expect(stdout).toContain('warning ALLORA608 Value of the wrong kind (logged/logging.yml:1:21)')
  expect(stdout).toContain('"debg" is no level, so that everything is logged.')
  expect(stdout).toContain('A logging.yml has no key "colour".')
  expect(stdout).toMatch(/"json" must be true or false, but it is the number 1\.[^]*has 0 errors and 3 warnings\.\n$/)
  project.write('logged/logging.yml', '# Nothing yet.\n')
  expect(await project.allora('check', 'logged')).toMatchObject({ code: 0, stdout: 'logged/app.ts is fine.\n' })
})

test.concurrent('commands run where Node has no registerHooks, all but run --watch', async () => {
  const hook = `import { registerHooks } from 'node:module'
registerHooks({ resolve: (name, context, next) => name === 'node:module' && context.parentURL?.endsWith('/fresh-modules.ts') ? { url: 'data:text/javascript,export default {}', shortCircuit: true } : next(name, context) })`
  const flags = ['--conditions=allora-source', '--import', `data:text/javascript,${encodeURIComponent(hook)}`]
  const old = (...args: string[]): string =>
    spawnSync(process.execPath, [...flags, join(root, 'src/cli/main.ts'), ...args], {
      cwd: project.folder,
      encoding: 'utf8',
    }).stderr
  expect(old('explain', '104')).toBe('')
  expect(old('run', 'app.ts', '--watch')).toContain('--watch needs Node 22.15 or newer')
})

test.concurrent('check says what is wrong, and exits with 1', async () => {
  const { code, stdout } = await project.allora('check', 'broken.ts')
  expect(code).toBe(1)
  expect(stdout).toContain('error ALLORA104 Two consumers on a direct channel')
  expect(stdout).toMatch(/broken\.ts has \d+ errors? and \d+ warnings?\./)
  const json = await project.allora('check', 'broken.ts', '--json')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'ALLORA104', severity: 'error' })]),
  })
})

test.concurrent('check looks for the services that an app only names', async () => {
  const { code, stdout } = await project.allora('check', 'needy.ts')
  expect(code).toBe(1)
  expect(stdout).toContain('No module brings the service "rate"')
  expect(await project.allora('check', 'needy.ts', '--services', 'services.ts')).toMatchObject({ code: 0 })
})

test.concurrent.each(['flows.ts', 'cjs', 'app.ts'])('the app of %s is found', async (file) => {
  expect(await project.allora('check', file)).toMatchObject({ code: 0, stderr: '' })
})

test.concurrent.each([
  ['throws.ts', /cannot be loaded: no database\nTypeError: no database\n {4}at deep \(.*throws\.ts/],
  ['empty.ts', /empty\.ts exports no app and no flow, but answer\. Write: export default app\(/],
  ['two.ts', /two\.ts exports 2 apps\. Export the one to run as default/],
  ['none.ts', /There is no file "none\.ts"\. Name the file of the app, or write an example: allora init\./],
])('%s has no app: exit 1, and why', async (file, sentence) => {
  const { code, stderr } = await project.allora('check', file)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^error ALLORA702 /)
  expect(stderr).toMatch(sentence)
})

test.concurrent.each([
  ['ascii', 'flow hello\n  from <- [names, queue]\n  handle greet\n  to -> [greetings, queue]\n'],
  ['mermaid', 'flowchart LR\n'],
  ['dot', 'digraph '],
  ['svg', '</svg>'],
  ['json', '"kind": "inlet"'],
])('graph --format %s', async (format, part) => {
  const { code, stdout, stderr } = await project.allora('graph', '--format', format)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(part)
})

test.concurrent('graph --json alone is the data of the app', async () => {
  const { stdout } = await project.allora('graph', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, flows: [{ id: 'hello' }] })
})

test.concurrent('explain says what a code stands for', async () => {
  const one = await project.allora('explain', '104')
  expect(one).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ALLORA104 Two consumers on a direct channel\n\n/),
  })
  const { stdout } = await project.allora('explain', 'allora202', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ code: 'ALLORA202', title: 'Channel full' })
  expect((await project.allora('explain')).stdout.split('\n').length).toBeGreaterThan(50)
})

test('every code of every error is explained', () => {
  const sources = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const codes = sources.flatMap((text) => [...text.matchAll(/readonly code = '(ALLORA\d+)'/g)].map(([, code]) => code!))
  expect(codes.length).toBeGreaterThan(50)
  expect(codes.filter((code) => !Object.hasOwn(EXPLANATIONS, code))).toEqual([])
})

test.each([['send', 'names', '1'], ['receive', 'names'], ['tail'], ['dlq', 'ls'], ['top'], ['stop']])(
  '%s without a running app exits with 3',
  async (...args) => {
    const { code, stderr } = await inProcess(...args, '--socket', '/nowhere/a.sock')
    expect(code).toBe(3)
    expect(stderr).toMatch(/^error ALLORA703 No app is running here: .* Start it with allora run, or say which one/)
  },
)

test.concurrent('init --yaml writes a file with its services, which run finds beside it', async () => {
  const made = await project.allora('init', 'file', '--yaml')
  expect(made.stdout).toContain('Wrote package.json, allora.yml and services.ts.')
  expect(await project.allora('check', 'file')).toMatchObject({ code: 0, stdout: 'file/allora.yml is fine.\n' })
})

test.concurrent('check shows what is wrong with a YAML file, with its lines, and as SARIF', async () => {
  const { code, stdout } = await project.allora('check', 'wrong')
  expect(code).toBe(1)
  expect(stdout).toContain('wrong/allora.yml:3:')
  expect(stdout).toMatch(/kind: queu \}\n.*\^\^\^\^/)
  expect(stdout).toMatch(/has 1 error and 0 warnings\.\n$/)
  const sarif = await project.allora('check', 'wrong', '--sarif')
  expect(sarif.code).toBe(1)
  expect(JSON.parse(sarif.stdout)).toMatchObject({ version: '2.1.0', runs: [{ results: [{ level: 'error' }] }] })
})

test.concurrent('a YAML file is drawn without its services, and checked with them', async () => {
  const graph = await project.allora('graph', 'yaml')
  expect(graph).toMatchObject({ code: 0, stdout: expect.stringContaining('handle greet') })
  const check = await project.allora('check', 'yaml')
  expect(check).toMatchObject({ code: 1, stdout: expect.stringContaining('There is no service "greet".') })
  project.write('greeting.ts', 'export const greet = (name: string): string => name\n')
  expect(await project.allora('check', 'yaml', '--services', 'greeting.ts')).toMatchObject({ code: 0 })
})

test.concurrent('schema offers the names of the user', async () => {
  const { code, stdout } = await project.allora(
    'schema',
    'yaml/allora.yml',
    '--format',
    '1',
    '--services',
    'services.ts',
  )
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ properties: { version: { const: 1 } } })
  for (const name of ['"greetings"', '"rate"']) expect(stdout).toContain(name)
  expect(JSON.parse((await project.allora('schema', '--json')).stdout)).toMatchObject({
    properties: { version: { const: 2 } },
  })
})

test('what is missing is said in words that can be typed', async () => {
  expect((await inProcess('dlq')).stderr).toContain('One of ls, show, redrive, rm is missing.')
  const none = await project.allora('check', 'app.ts', '--services', 'none.ts')
  expect(none).toMatchObject({
    code: 1,
    stderr: 'error ALLORA702 There is no file "none.ts". Name the module by its path from this folder.\n',
  })
  project.write('quiet.yml', 'version: 2\n')
  const quiet = project.start('run', 'quiet.yml')
  await quiet.until(/^Running quiet\.yml: no flows, only channels to send to and receive from\./m)
  quiet.signal('SIGINT')
  expect(await quiet.ended).toMatchObject({ code: 0 })
})

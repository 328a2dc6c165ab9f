/** Services: a registry knows each by its name and type, and classes are services by the standard's decorators. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, direct, flow, registry, runtime, Service, type ServiceObject, service, serviceOf } from 'allora'
import { loadRuntime } from 'allora/yaml'
import ts from 'typescript'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { servicesIn } from '../../src/cli/exports.ts'
import { compileSnippets } from '../tooling/compile.ts'

const root = join(import.meta.dirname, '../..')

class Price {
  static made = 0
  private readonly prices: Readonly<Record<string, number>>
  constructor(prices: Readonly<Record<string, number>>) {
    Price.made++
    this.prices = prices
  }
  handle(article: string): number {
    return this.prices[article] ?? 0
  }
}

/** Node and the tests' own compiler do not know decorators yet: TypeScript makes plain code of them. */
async function compiled(name: string, source: string): Promise<Record<string, unknown>> {
  const folder = join(root, '.cache/services')
  mkdirSync(folder, { recursive: true })
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const file = join(folder, `${name}.js`)
  writeFileSync(file, outputText)
  return (await import(file)) as Record<string, unknown>
}

describe('a registry', () => {
  const services = registry()
    .add('trim', (text: string) => text.trim())
    .make('price', () => new Price({ tea: 3 }))

  test('gives functions with their types, by name, and lists them', async () => {
    expectTypeOf(services.get('trim')('x')).toEqualTypeOf<string>()
    expectTypeOf(services.functions.price).toEqualTypeOf<Price['handle']>()
    expect(services.get('trim')(' x ')).toBe('x')
    expect(services.list).toEqual([
      { name: 'trim', kind: 'function' },
      { name: 'price', kind: 'class' },
    ])
    const prices = flow('prices').from(direct('in').of<string>()).handle(services.get('price')).build()
    expect(prices.graph.nodes[1]).toMatchObject({ service: 'price' })
    await using rt = await runtime(app(prices)).start()
    expect(await rt.request('in', 'tea')).toEqual({ _tag: 'Right', right: 3 })
  })

  test('makes one instance, when the service is bound', () => {
    const before = Price.made
    const own = registry().make('price', () => new Price({}))
    expect(Price.made).toBe(before)
    expect([own.get('price')('x'), own.functions.price('x'), own.add('other', () => 1).get('price')('x')]).toEqual([
      0, 0, 0,
    ])
    expect(Price.made).toBe(before + 1)
  })

  test('is never changed', () => {
    services.add('more', () => 1)
    expect(services.list).toHaveLength(2)
  })

  test('refuses a name twice, in types and in words', () => {
    // @ts-expect-error -- the name is taken
    expect(() => services.add('trim', () => 1)).toThrow(
      'The registry has a service "trim" already. Give one of the two another name.',
    )
    expect(() => services.make('price' as 'other', () => new Price({}))).toThrow('already')
  })

  test('says what it has when it is asked for something else', () => {
    // @ts-expect-error -- there is none
    expect(() => services.get('trimm')).toThrow('The registry has no service "trimm". It has "trim", "price".')
    expect(() => registry().get('x' as never)).toThrow('It has none yet.')
    expect(() => registry().add('', () => 1)).toThrow(
      'A service needs a name: a string that is not empty, but it got "".',
    )
    expect(() => registry().add('x', 5 as never)).toThrow(
      'The service "x" must be a function, but it is the number 5. Write (payload) => ...',
    )
    expect(() => registry().make('x', {} as never)).toThrow('The service "x" must be a function')
    expect(() => service('x', undefined as never)).toThrow('The service "x" must be a function, but it is missing.')
    expect(() => registry().use(Price)).toThrow("The class Price has no name as a service. Write @Service('price')")
  })

  test('says why an instance cannot be made', () => {
    const broken = registry().make('db', (): ServiceObject => {
      throw new Error('no database')
    })
    expect(() => broken.functions).toThrow('The service "db" could not be made: Error: no database')
    expect(() => registry().make('none', () => ({}) as ServiceObject).functions).toThrow('without a method "handle"')
  })

  test('stands for the services of a runtime and of a file', async () => {
    const text =
      'version: 1\nchannels: [{ id: in }, { id: out, kind: queue }]\nservice-activators: [{ ref-name: price, from: in, to: out }]'
    await using rt = await loadRuntime('allora.yml', {
      services,
      cwd: root,
      readFile: (path) => {
        if (path.endsWith('allora.yml')) return text
        throw Object.assign(new Error('none'), { code: 'ENOENT' })
      },
    }).start()
    await rt.send('in', 'tea')
    expect(rt.metrics().channels['out']?.buffered).toBe(1)
  })
})

describe('a class with @Service', () => {
  test('is a service wherever services are taken', async () => {
    const exports = await compiled(
      'decorated',
      `import { registry, Service } from 'allora'
       @Service('greet')
       export class Greet { handle(name: string) { return 'Hello, ' + name + '!' } }
       @Service('shout', () => new Shout('!'))
       class Shout { constructor(private readonly mark: string) {} handle(text: string) { return text + this.mark } }
       export const services = registry().use(Shout).add('trim', (text: string) => text.trim())
       export const plain = (n: number) => n`,
    )
    const found = servicesIn(exports)
    expect(Object.keys(found).toSorted()).toEqual(['greet', 'plain', 'shout', 'trim'])
    expect((found['greet'] as (name: string) => string)('Ann')).toBe('Hello, Ann!')
    expect((found['shout'] as (text: string) => string)('hi')).toBe('hi!')
    const { Greet } = exports as { readonly Greet: new () => { handle(name: string): string } }
    const hello = flow('hello').from(direct('in').of<string>()).handle(serviceOf(Greet)).build()
    expect(hello.graph.nodes[1]).toMatchObject({ service: 'greet' })
    await using rt = await runtime(app(hello)).start()
    expect(await rt.request('in', 'Ben')).toEqual({ _tag: 'Right', right: 'Hello, Ben!' })
    expect(() => serviceOf(Price)).toThrow("The class Price is no service. Write @Service('price') above it")
  })

  test('has a name, and one name stands for one service', async () => {
    expect(() =>
      Service('')(
        class {
          handle() {}
        },
      ),
    ).toThrow('A service needs a name')
    expect(() => servicesIn({ a: registry().add('x', () => 1), b: registry().add('x', () => 2) })).toThrow(
      'Two services are called "x". Give one of them another name.',
    )
  })

  test('that needs something needs a factory, says the compiler', () => {
    const messages = compileSnippets(
      {
        right: "@Service('a') class A { handle(n: number) { return n } }",
        made: "@Service('b', () => new B(1)) class B { constructor(n: number) { void n } handle() {} }",
        needs: "@Service('c') class C { constructor(n: number) { void n } handle() {} }",
        other: "@Service('d', () => new Date()) class D { handle() {} }",
      },
      { prelude: "import { Service } from 'allora'" },
    )
    expect([messages['right'], messages['made'], messages['needs']?.length, messages['other']?.length]).toEqual([
      [],
      [],
      1,
      1,
    ])
  })
})

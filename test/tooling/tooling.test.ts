/** The test tools keep their word: extraction and assertion of examples, compiler messages, type costs. */
import { describe, expect, test } from 'vitest'
import { compileSnippets } from './compile.ts'
import { type DocBlock, blocksIn, objections, withAssertions } from './doc-blocks.ts'
import { instantiations } from './type-cost.ts'

const block = (source: string, mode: DocBlock['mode'] = 'run'): DocBlock => ({ file: 'x.md', line: 10, mode, source })

describe('doc-blocks', () => {
  test('finds the ts blocks with their modes and lines', () => {
    const text = ['# A', '```ts', 'a', '```', '```sh', 'ls', '```', '  ```ts no-run', '  b', '    c', '  ```'].join(
      '\n',
    )
    expect(blocksIn('x.md', text)).toEqual([
      { file: 'x.md', line: 3, mode: 'run', source: 'a' },
      { file: 'x.md', line: 9, mode: 'no-run', source: 'b\n  c' },
    ])
  })

  test('says where a block is not closed or its mode is not known', () => {
    expect(() => blocksIn('x.md', '```ts\na')).toThrow('x.md:1: this code block is not closed.')
    expect(() => blocksIn('x.md', '\n```ts norun\n```')).toThrow('x.md:2: expected ts, ts no-run or ts error')
  })

  test.each([
    ['an expression', 'f() // => 3', 'expectDoc(f(), (3)) // => 3'],
    ['an awaited one', 'await f() // => 3', 'expectDoc(await f(), (3)) // => 3'],
    ['a variable', 'const a = f() // => [1]', 'const a = f(); expectDoc(a, ([1])) // => [1]'],
    ['a pattern', 'const { a } = f() // => { a: 1 }', 'const { a } = f(); expectDoc({ a }, ({ a: 1 })) // => { a: 1 }'],
    ['what is logged', 'console.log(a) // => 1', 'console.log(expectDoc(a, (1))) // => 1'],
    ['a comment below', 'f()\n// => 3\n// Then more\ng()', 'expectDoc(f(), (3))\n// => 3\n// Then more\ng()'],
    ['a long value', 'f()\n// => [\n//   1,\n// ]', 'expectDoc(f(), ([    1,  ]))\n// => [\n//   1,\n// ]'],
    ['a nested one', 'g(() => {\n  f() // => 3\n})', 'g(() => {\n  expectDoc(f(), (3)) // => 3\n})'],
  ])('asserts %s', (_, source, expected) => {
    expect(withAssertions(block(source))).toBe(expected)
  })

  test('refuses an assertion that would assert nothing', () => {
    expect(() => withAssertions(block('f({\n  a: 1, // => 1\n})'))).toThrow('x.md:10: a comment `// =>`')
    expect(() => withAssertions(block('f() // => a list'))).toThrow('is no expression')
  })

  test('objects to types that are wrong, and to an error block that is right', () => {
    const wrong = 'const a: string = 1'
    expect(
      objections([
        block('const a: number = 1'),
        block(wrong),
        block('const a = 1', 'error'),
        block(`${wrong}\n// error: Type 'number' is not assignable`, 'error'),
        block(`${wrong}\n// error: some other words`, 'error'),
      ]),
    ).toEqual([
      [],
      ["(10,7): error TS2322: Type 'number' is not assignable to type 'string'."],
      ['This example should not compile, but it does.'],
      [],
      [expect.stringContaining('Expected "some other words" in:')],
    ])
  })
})

describe('compileSnippets', () => {
  test('answers what the compiler says, by name, with lines counted behind the prelude', () => {
    const prelude = 'declare function f(a: { b: number }): void\ntype Unused = 1'
    expect(compileSnippets({ right: 'f({ b: 1 })', wrong: "\nf({ b: '1' })" }, { prelude })).toEqual({
      right: [],
      wrong: ["(2,5): error TS2322: Type 'string' is not assignable to type 'number'."],
    })
  })

  test('refuses a prelude that does not compile', () => {
    expect(() => compileSnippets({ a: '' }, { prelude: 'let a: string = 1' })).toThrow('The prelude does not compile')
  })
})

describe('instantiations', () => {
  const generic = 'interface Box<T> { value: T; map<U>(f: (t: T) => U): Box<U> }\ndeclare const box: Box<1>\n'

  test('are the same each time, and grow with the source', () => {
    const one = instantiations(`${generic}box.map(String)`)
    expect(instantiations(`${generic}box.map(String)`)).toBe(one)
    expect(instantiations(`${generic}box.map(String).map(Number)`)).toBeGreaterThan(one)
    expect(instantiations("import 'node:fs'")).toBe(0)
  })

  test('refuses a source that does not compile', () => {
    expect(() => instantiations('let a: string = 1')).toThrow('The measured source does not compile: (1,5)')
  })
})

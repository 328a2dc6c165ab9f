import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { app, files, fileSink, flow, iterate, queue, runtime, sink } from 'allora'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import type { FileArrival } from '../../src/adapters/files.ts'
import type { Source } from '../../src/message/source.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { deferred, drained, forbidUnhandledRejections, settled, started } from '../runtime/rig.ts'

forbidUnhandledRejections()

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'allora-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Started, and the first look is over: what is put there now is new to the look after it. */
async function watching<Rig extends { readonly rt: { idle(): Promise<void> } }>(starting: Promise<Rig>): Promise<Rig> {
  const rig = await starting
  await rig.rt.idle()
  return rig
}

/** Looks at the directory so many times, each time until nothing is left to do: only then has the next look a time. */
async function look(
  { rt, clock }: { readonly rt: { idle(): Promise<void> }; readonly clock: VirtualClock },
  times = 2,
): Promise<void> {
  await rt.idle()
  for (let i = 0; i < times; i++) {
    await clock.advance(1_000)
    await rt.idle()
  }
}

const put = (dir: string, all: Readonly<Record<string, string>>): Promise<unknown> =>
  Promise.all(Object.entries(all).map(([name, content]) => writeFile(join(dir, name), content)))

describe('T17: files', () => {
  test('T17: sends new files once, by name, and moves them when done; failed ones elsewhere', async () => {
    const dir = await directory()
    const work = flow('work')
      .from(files({ dir, pattern: '*.csv' }))
      .transform(({ name, content, size }) => {
        if (content === 'bad') throw new Error('bad content')
        return `${name} ${content} ${size}`
      })
      .to(queue('out'))
      .build()
    const rig = await watching(started(app(work)))
    await put(dir, { 'b.csv': 'two', 'a.csv': 'one', 'c.csv': 'bad', 'd.txt': 'other', '.e.csv': 'hidden' })
    await look(rig)
    expect(drained(rig.rt.channel('out'))).toEqual(['a.csv one 3', 'b.csv two 3'])
    expect(await readdir(join(dir, 'done'))).toEqual(['a.csv', 'b.csv'])
    expect(await readdir(join(dir, 'failed'))).toEqual(['c.csv'])
    expect((await readdir(dir)).toSorted()).toEqual(['.e.csv', 'd.txt', 'done', 'failed'])
    await look(rig, 3)
    expect(rig.rt.channel('out').size).toBe(0)
  })

  test('T17: a file is taken when two looks find it the same', async () => {
    const dir = await directory()
    const rig = await watching(
      started(
        app(
          flow('work')
            .from(files({ dir }))
            .transform(({ content }) => content)
            .to(queue('out'))
            .build(),
        ),
      ),
    )
    await put(dir, { a: 'half' })
    await look(rig, 1)
    await put(dir, { a: 'half and half' })
    await look(rig, 1)
    expect(rig.rt.channel('out').size).toBe(0)
    await look(rig, 1)
    expect(drained(rig.rt.channel('out'))).toEqual(['half and half'])
  })

  test('T17: marks or deletes files, and never overwrites one that is there', async () => {
    const dir = await directory()
    const [moving, marking, deleting] = ['move', 'mark', 'delete'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ]
    for (const each of [moving, marking, deleting]) await mkdir(each)
    const reader = (done: 'move' | 'mark' | 'delete') =>
      flow(done)
        .from(files({ dir: join(dir, done), done, pattern: /^[ab]/ }))
        .to(
          sink(({ content }: FileArrival<string>) => {
            if (content === 'bad') throw new Error('bad content')
          }),
        )
        .build()
    const rig = await watching(started(app(reader('move'), reader('mark'), reader('delete'))))
    for (const each of [moving, marking, deleting]) await put(each, { a: 'first', b: 'bad' })
    await look(rig)
    for (const each of [moving, marking, deleting]) await put(each, { a: 'second' })
    await look(rig)
    const tree = async (path: string): Promise<string[]> => (await readdir(path, { recursive: true })).toSorted()
    expect(await tree(moving)).toEqual(['done', 'done/a', 'done/a.1', 'failed', 'failed/b'])
    expect(await readFile(join(moving, 'done/a.1'), 'utf8')).toBe('second')
    expect(await tree(marking)).toEqual(['a.1.done', 'a.done', 'b.failed'])
    expect(await tree(deleting)).toEqual(['failed', 'failed/b'])
    expect(rig.rt.deadLetters.size).toBe(3)
  })

  test('E6: the dead letter of a file is redriven with its content, wherever the file is by then', async () => {
    const dir = await directory()
    let broken = true
    const work = flow('work')
      .from(files({ dir, as: 'bytes' }))
      .handle(({ content }) => {
        if (broken) throw new Error('down')
        return [...content]
      })
      .to(queue('out'))
      .build()
    const rig = await watching(started(app(work)))
    await put(dir, { a: 'AB' })
    await look(rig)
    expect(rig.rt.deadLetters.list()).toMatchObject([{ channelId: 'work/n0', reason: 'failed' }])
    broken = false
    await rig.rt.deadLetters.redrive({ flowId: 'work' })
    expect(drained(rig.rt.channel('out'))).toEqual([[65, 66]])
  })

  test('T17: a file that is overwritten while it is in work is another one, and sent too', async () => {
    const dir = await directory()
    const gate = deferred()
    const seen: string[] = []
    const slow = sink(({ content }: FileArrival<string>) => {
      seen.push(content)
      return gate.promise
    })
    const rig = await watching(started(app(flow('work').from(files({ dir })).to(slow).build())))
    await put(dir, { a: 'first' })
    await look(rig, 1)
    await rig.clock.advance(1_000)
    while (seen.length === 0) await settled()
    await put(dir, { a: 'second!' })
    gate.resolve()
    await rig.rt.idle()
    await look(rig, 3)
    expect(seen).toEqual(['first', 'second!'])
    expect(await readdir(join(dir, 'done'))).toEqual(['a'])
  })

  test('L2: a file whose message the stop cut off stays, and comes again after the next start', async () => {
    const dir = await directory()
    const seen: string[] = []
    const hung = app(
      flow('work')
        .from(files({ dir }))
        .to(
          sink(({ name }: FileArrival<string>) => {
            seen.push(name)
            return seen.length === 1 ? new Promise(() => {}) : undefined
          }),
        )
        .build(),
    )
    await put(dir, { a: '1' })
    const first = await started(hung)
    await first.rt.idle()
    await first.clock.advance(1_000)
    while (seen.length === 0) await settled()
    expect(await first.rt.stop({ timeout: 0 })).toMatchObject({ drained: false, aborted: 1 })
    expect((await readdir(dir)).toSorted()).toEqual(['a', 'done', 'failed'])
    await look(await started(hung))
    expect(seen).toEqual(['a', 'a'])
    expect(await readdir(join(dir, 'done'))).toEqual(['a'])
  })

  test('T17: every file is handled exactly once, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.nat(9), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('move', 'mark'),
        fc.infiniteStream(fc.boolean()),
        async (rounds, maxInFlight, done, chance) => {
          const dir = await mkdtemp(join(tmpdir(), 'allora-test-'))
          try {
            const handled: string[] = []
            const failed: string[] = []
            const work = flow('work')
              .from(files({ dir, done }), { maxInFlight })
              .to(
                sink(async ({ content }: FileArrival<string>) => {
                  const fails = chance.next().value
                  await settled()
                  ;(fails ? failed : handled).push(content)
                  if (fails) throw new Error('by chance')
                }),
              )
              .build()
            const rig = await watching(started(app(work)))
            const written: string[] = []
            for (const [round, names] of rounds.entries()) {
              for (const name of names) {
                written.push(`${round}.${name}`)
                await writeFile(join(dir, String(name)), `${round}.${name}`)
              }
              await look(rig)
            }
            expect([...handled, ...failed].toSorted()).toEqual(written.toSorted())
            const contents = async (outcome: string): Promise<string[]> => {
              const at = done === 'move' ? join(dir, outcome) : dir
              const names = (await readdir(at)).filter((name) => done === 'move' || name.endsWith(`.${outcome}`))
              return (await Promise.all(names.map((name) => readFile(join(at, name), 'utf8')))).toSorted()
            }
            expect(await contents('done')).toEqual(handled.toSorted())
            expect(await contents('failed')).toEqual(failed.toSorted())
            expect(rig.rt.deadLetters.size).toBe(failed.length)
            await rig.rt.stop()
          } finally {
            await rm(dir, { recursive: true, force: true })
          }
        },
      ),
      { numRuns: process.env['CI'] === undefined ? 30 : 200 },
    )
  }, 60_000)

  test('L1: without its directory the start is rejected', async () => {
    const rt = runtime(
      app(
        flow('work')
          .from(files({ dir: '/nowhere/to/be/found' }))
          .to(queue('out'))
          .build(),
      ),
    )
    await expect(rt.start()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: There is no directory "/nowhere/to/be/found" for files to read from. Make it, or correct the option dir.]`,
    )
    expect(rt.state).toBe('new')
    expect(() => files({ dir: '.', every: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The option every of files must be a number of milliseconds above 0, but it is 0. Leave it out for 1,000.]`,
    )
  })

  test('types: the content is as it is read', () => {
    expectTypeOf(files({ dir: '.' })).toEqualTypeOf<Source<FileArrival<string>>>()
    expectTypeOf(files({ dir: '.', as: 'bytes' })).toEqualTypeOf<Source<FileArrival<Uint8Array>>>()
  })
})

describe('fileSink', () => {
  test('appends a line for every message, in order, also when many come at once', async () => {
    const path = join(await directory(), 'out.jsonl')
    await writeFile(path, '"before"\n')
    const numbers = Array.from({ length: 100 }, (_, n) => n)
    const { rt } = await started(
      app(
        flow('work')
          .from(iterate(numbers), { maxInFlight: 20 })
          .transform((n) => ({ n }))
          .to(fileSink({ path }))
          .build(),
      ),
    )
    await rt.idle()
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines).toEqual(['"before"', ...numbers.map((n) => JSON.stringify({ n }))])
  })

  test('a line that cannot be written fails its message, and the next one is tried anew', async () => {
    const dir = await directory()
    const path = join(dir, 'later', 'out.txt')
    const { rt } = await started(
      app(
        flow('work')
          .from(queue('in').of<string>())
          .to(fileSink({ path, format: (text: string) => text }))
          .build(),
      ),
    )
    await rt.send('in', 'early')
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ error: { cause: { code: 'ENOENT' } } }])
    await mkdir(join(dir, 'later'))
    await rt.send('in', 'late')
    await rt.idle()
    expect(await readFile(path, 'utf8')).toBe('late\n')
    await rt.deadLetters.redrive({})
    await rt.idle()
    expect(await readFile(path, 'utf8')).toBe('late\nearly\n')
  })

  test('types: a sink refuses another payload', () => {
    const path = 'out.txt'
    const numbers = flow('work').from(iterate([1]))
    // @ts-expect-error the payload is a number
    numbers.to(fileSink({ path, format: (text: string) => text }))
    expectTypeOf(numbers.to(fileSink({ path }))).toHaveProperty('build')
  })
})

/** Programs for the type checker: the same flow of 100 steps with several libraries, and an app of 500 channels. */

/** A program, and its import statements alone, whose cost is taken off. */
export interface TypeProgram {
  readonly name: string
  readonly library: string
  readonly imports: string
  readonly source: string
}

const STEPS = 100
const CHANNELS = 500

const times = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

/** Every step makes a type of its own from the one before, so that the checker can reuse nothing. */
const step = (i: number): string => `(x) => ({ step${i + 1}: x.step${i} })`

/** All programs. */
export const typePrograms: readonly TypeProgram[] = [
  {
    name: `flow of ${STEPS} steps`,
    library: 'allora',
    imports: `import { direct, flow, queue } from 'allora'`,
    source: `type Input = { step0: number }
export const built = flow('f').from(direct('in').of<Input>())
${times(STEPS, (i) => `  .transform(${step(i)})`)}
  .to(queue('out')).build()`,
  },
  {
    name: `flow of ${STEPS} steps`,
    library: 'rxjs',
    imports: `import { Subject, map } from 'rxjs'`,
    source: `type Input = { step0: number }
export const built = new Subject<Input>()
${times(STEPS, (i) => `  .pipe(map(${step(i)}))`)}`,
  },
  {
    name: `flow of ${STEPS} steps`,
    library: 'effect',
    imports: `import { Effect } from 'effect'`,
    source: `type Input = { step0: number }
export const built = (input: Input) => Effect.succeed(input)
${times(STEPS, (i) => `  .pipe(Effect.map(${step(i)}))`)}`,
  },
  {
    name: `flow of ${STEPS} steps`,
    library: 'xstate',
    imports: `import { assign, setup } from 'xstate'`,
    source: `export const built = setup({ types: { context: {} as { x: number }, events: {} as { type: 'go' } } }).createMachine({
  context: { x: 0 }, initial: 's0', states: {
${times(STEPS, (i) => `    s${i}: { on: { go: { target: 's${i + 1}', actions: assign({ x: ({ context }) => context.x + ${i} }) } } },`)}
    s${STEPS}: {},
  },
})`,
  },
  {
    name: `app of ${CHANNELS} channels`,
    library: 'allora',
    imports: `import { app, direct, flow, queue, runtime } from 'allora'`,
    source: `const rt = runtime(app(
${times(CHANNELS / 2, (i) => `  flow('f${i}').from(direct('in${i}').of<number>()).transform(String).to(queue('out${i}')).build(),`)}
))
export const sent: Promise<void> = rt.send('in${CHANNELS / 2 - 1}', 1)
export const received: Promise<string> = rt.channel('out0').receive().then(({ payload }) => payload)`,
  },
]

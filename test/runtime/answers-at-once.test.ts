/** Keys and verdicts that are needed at once: a promise of one is refused, and the message is not lost (E2, E8). */
import { app, direct, flow, queue, type HandlerResultError } from 'allora'
import { describe, expect, test } from 'vitest'
import { drained, forbidUnhandledRejections, started } from './rig.ts'

forbidUnhandledRejections()

const input = queue('in').of<string>()
/** What the compiler forbids, as JavaScript and YAML may have it. */
const promised = (async (word: unknown) => word) as never
const rejecting = (() => Promise.reject(new Error('no'))) as never
// oxlint-disable-next-line unicorn/no-thenable -- what is refused
const thenable = (() => ({ then: (resolve: (answer: boolean) => void) => resolve(true) })) as never
const failing = (): never => {
  throw new Error('broken')
}

const flows = {
  'correlateBy of aggregate': [
    'correlateBy',
    (asked: never) => flow('f').from(input).aggregate({ size: 2, correlateBy: asked }).build(),
  ],
  'when of aggregate': [
    'when',
    (asked: never) =>
      flow('f')
        .from(input)
        .aggregate({ correlateBy: (word) => word, when: asked })
        .build(),
  ],
  'correlateBy of resequence': [
    'correlateBy',
    (asked: never) =>
      flow('f')
        .from(input)
        .setHeader('sequence', () => ({ correlationId: 'all', number: 1 }))
        .resequence({ timeout: 5, onTimeout: 'emit', correlateBy: asked })
        .build(),
  ],
  'correlateBy of barrier': [
    'correlateBy',
    (asked: never) =>
      flow('f')
        .from(input)
        .barrier({ timeout: 5, trigger: direct('go'), correlateBy: asked })
        .build(),
  ],
  'orderBy of a step': [
    'orderBy',
    (asked: never) =>
      flow('f')
        .from(input)
        .handle((word) => word, { orderBy: asked })
        .build(),
  ],
  'orderBy of a flow': ['orderBy', (asked: never) => flow('f').from(input, { concurrency: 2, orderBy: asked }).build()],
  'orderBy of a channel on the way': [
    'orderBy',
    (asked: never) => flow('f').from(input).through(queue('on'), { concurrency: 2, orderBy: asked }).build(),
  ],
  'orderBy of a delay': ['orderBy', (asked: never) => flow('f').from(input).delay(1, { orderBy: asked }).build()],
  'when of a retry': [
    'retry.when',
    (asked: never) =>
      flow('f')
        .from(input)
        .handle(failing, { retry: { attempts: 2, when: asked } })
        .build(),
  ],
  'when of onError': [
    'when',
    (asked: never) =>
      flow('f')
        .from(input)
        .handle(failing)
        .onError(() => 'taken', { when: asked })
        .build(),
  ],
  'when of errorsTo': [
    'when',
    (asked: never) => flow('f').from(input).handle(failing).errorsTo(queue('errors'), { when: asked }).build(),
  ],
} as const

describe.each(Object.entries(flows))('%s', (_, [option, made]) => {
  test.each([promised, rejecting, thenable])(
    'E2, E8: a promise is refused, and the message is a dead letter',
    async (asked) => {
      const { rt, clock } = await started(app(made(asked)))
      await rt.send('in', 'a')
      await clock.advance(1)
      await rt.idle()
      const [letter] = rt.deadLetters.list()
      expect(letter?.message.payload).toBe('a')
      expect((letter!.error.cause as HandlerResultError).code).toBe('ALLORA304')
      expect(letter!.error.message).toContain(
        `The function of ${option} must give its answer at once, but it gave a promise. Make it a function that is not async`,
      )
    },
  )
})

test('C8: a message whose order is a promise goes to the error scope of its channel, or begins again from there', async () => {
  const scoped = flow('f')
    .from(input)
    .through(queue('on'), { orderBy: promised })
    .onError((failure) => failure.kind)
    .to(queue('out'))
    .build()
  const { rt } = await started(app(scoped))
  await rt.send('in', 'a')
  await rt.idle()
  expect(drained(rt.channel('out'))).toEqual(['defect'])

  let broken = true
  const ordered = flow('f')
    .from(input, { orderBy: ((word: string) => (broken ? Promise.resolve(word) : word)) as never })
    .to(queue('out'))
    .build()
  const { rt: other } = await started(app(ordered))
  await other.send('in', 'b')
  await other.idle()
  broken = false
  await other.deadLetters.redrive({}, { from: 'node' })
  await other.idle()
  expect(drained(other.channel('out'))).toEqual(['b'])
})

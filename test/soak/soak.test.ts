import { expect, test } from 'vitest'
import { soak } from './soak.ts'

test('C10: through every operator, with failures, aborts and stops, each message has one fate, and the same seed gives the same run', async () => {
  const run = () => soak({ messages: 4_000, seed: 7, virtual: true })
  const report = await run()
  expect(report.objections).toEqual([])
  expect(await run()).toEqual(report)
}, 60_000)

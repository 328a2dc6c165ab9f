/** The memory transport passes the conformance suite, for every kind of channel. */
import { describe, expect, test } from 'vitest'
import { memory } from '../../src/memory/memory.ts'
import { channelConformance } from '../../src/testing/conformance.ts'

describe('the memory transport', () => {
  for (const one of channelConformance({ create: memory, clock: 'virtual' }, memory().capabilities)) {
    test.skipIf(one.skipped !== undefined)(`${one.rule}: ${one.name}`, async () => {
      await expect(one.run()).resolves.toBeUndefined()
    })
  }
})

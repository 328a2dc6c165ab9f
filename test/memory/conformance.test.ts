/** The memory transport passes the conformance suite, for every kind of channel. */
import { describe, test } from 'vitest'
import { memory } from '../../src/memory/memory.ts'
import { channelConformance } from '../../src/testing/conformance.ts'

describe('the memory transport', () => {
  for (const { name, rule, skipped, run } of channelConformance(
    { create: memory, clock: 'virtual' },
    memory().capabilities,
  )) {
    test.skipIf(skipped !== undefined)(`${rule}: ${name}`, run)
  }
})

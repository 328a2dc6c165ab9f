/** The benchmark compares like with like, and its budget bites. What things cost is not for a test to say. */
import { describe, expect, test } from 'vitest'
import { type Budget, complaints, lowered } from '../../bench/budget.ts'
import type { Cost } from '../../bench/compare.ts'
import { readOptions } from '../../bench/options.ts'
import { type Results, merged } from '../../bench/results.ts'
import { allora, limit, workloads } from '../../bench/workloads.ts'

describe('workloads', () => {
  test('have ids of their own', () => {
    expect(new Set(workloads.map(({ id }) => id)).size).toBe(workloads.length)
  })

  // The other rows of a task differ only in their numbers.
  const tasks = workloads.filter(({ task }, i) => workloads.findIndex((other) => other.task === task) === i)

  test.each(tasks)('$id: Allora does what the hand-written code does', async ({ make }) => {
    const [byHand, own] = [await make(limit), await make(allora)]
    expect(await own!.run(1_000)).toBe(await byHand!.run(1_000))
  })
})

describe('budget', () => {
  const cost = (ratio: number): Cost => ({ limit: 1, nanoseconds: ratio, ratio, low: ratio, high: ratio, control: 1 })
  const measured = (workload: string, ratio: number) => ({
    pairs: [
      { workload, contender: 'allora', cost: cost(ratio) },
      { workload, contender: 'a peer', cost: cost(99) },
    ],
    backlog: [],
  })
  const budget: Budget = { noise: 0.1, ratios: { W1: 2 }, size: {} }

  test('lets noise pass, and complains about more', () => {
    expect(complaints(measured('W1', 2.19), budget)).toEqual([])
    expect(complaints(measured('W1', 2.21), budget)).toEqual([
      'W1 costs 2.21 times the hand-written code. Its budget is 2, and with 10 % for noise 2.20: run it again with `npm run bench -- W1`, then find what made it slower.',
    ])
  })

  test('has to know every workload', () => {
    expect(complaints(measured('W2', 1), budget)).toEqual([
      'W2 has no budget: write what it may cost into bench/budget.json.',
    ])
  })

  test('is lowered to what was reached, and never raised', () => {
    expect(lowered(measured('W1', 1.5), budget).ratios).toEqual({ W1: 1.5 })
    expect(lowered(measured('W1', 2.5), budget).ratios).toEqual({ W1: 2 })
  })
})

describe('results', () => {
  const results = (machine: string, ratios: Readonly<Record<string, number>>): Results => ({
    machine,
    versions: {},
    pairs: Object.entries(ratios).map(([workload, ratio]) => ({
      workload,
      contender: 'allora',
      cost: { limit: 1, nanoseconds: ratio, ratio, low: ratio, high: ratio, control: 1 },
    })),
    backlog: [],
    peaks: {},
    features: [],
    growth: [],
    types: [],
  })
  const ratiosOf = ({ pairs }: Results) => Object.fromEntries(pairs.map(({ workload, cost }) => [workload, cost.ratio]))

  test('what is measured anew takes the place of what was, and the rest stays', () => {
    const all = merged(results('a machine', { W1: 2, W2: 3 }), results('a machine', { W1: 1 }))
    expect(ratiosOf(all)).toEqual({ W1: 1, W2: 3 })
  })

  test('figures of two machines are never mixed', () => {
    const other = results('another machine', { W1: 1 })
    expect(merged(results('a machine', { W1: 2, W2: 3 }), other)).toBe(other)
    expect(merged(undefined, other)).toBe(other)
  })
})

describe('options', () => {
  test('a name chooses all rows of a workload, or one, or a study', () => {
    const { workloads: chosen, studies } = readOptions(['W7', 'W3/10', 'memory'])
    expect(chosen.map(({ id }) => id)).toEqual(['W3/10', 'W7/1', 'W7/1000'])
    expect([...studies]).toEqual(['memory'])
  })

  test('an unknown name is refused with those there are', () => {
    expect(() => readOptions(['W9'])).toThrow('There is no workload or study "W9". There are: W1, W2')
  })

  test('quick results are never written', () => {
    expect(() => readOptions(['--quick', '--write'])).toThrow('--write needs figures to rely on')
  })
})

import { describe, expect, test } from 'vitest'
import { functionNames } from '../../src/graph/references.ts'
import { toMermaid } from '../../src/graph/mermaid.ts'
import type { Resilience } from '../../src/graph/graph.ts'
import { checkGraph } from '../../src/graph/check.ts'
import { appOf, found, line } from './write-graph.ts'

const handling = (record: Resilience) =>
  line('a', ['in'], [{ kind: 'inlet', channel: 'in' }, { kind: 'handle', service: 'f', ...record }, { kind: 'reply' }])
const sentences = (record: Resilience): string[] =>
  checkGraph(appOf(handling(record)), new Set(['f'])).map(
    ({ code, severity, message }) => `${code} ${severity}: ${message}`,
  )

describe('the resilience record', () => {
  test('with sensible policies has nothing wrong', () => {
    const record: Resilience = {
      retry: { attempts: 3, delay: 100, factor: 2, max: 1_000, jitter: 'full', when: 'f' },
      timeout: { attempt: 100, overall: 5_000 },
      circuitBreaker: { failures: 5, window: 10, resetAfter: 1_000 },
      concurrency: 4,
      orderBy: 'f',
    }
    expect(
      found(handling(record), handling({ timeout: 100, circuitBreaker: { failures: 5, resetAfter: 0 } })).filter(
        (finding) => finding.startsWith('ALLORA1') && finding.includes('/n1'),
      ),
    ).toEqual([])
  })

  test('ALLORA116: numbers out of range are named with their way', () => {
    expect(
      sentences({
        retry: { attempts: 0, factor: 0.5, delay: 1 },
        timeout: -1,
        circuitBreaker: { failures: 1.5, resetAfter: -1 },
      }),
    ).toMatchInlineSnapshot(`
      [
        "ALLORA116 error: The handle "n1" of flow "a" has the retry.attempts 0, but it must be a whole number from 1.",
        "ALLORA116 error: The handle "n1" of flow "a" has the retry.factor 0.5, but it must be a number from 1.",
        "ALLORA116 error: The handle "n1" of flow "a" has the timeout -1, but it must be a number from 0.",
        "ALLORA116 error: The handle "n1" of flow "a" has the circuitBreaker.failures 1.5, but it must be a whole number from 1.",
        "ALLORA116 error: The handle "n1" of flow "a" has the circuitBreaker.resetAfter -1, but it must be a number from 0.",
      ]
    `)
    expect(sentences({ timeout: { attempt: -1 } })).toMatchInlineSnapshot(`
      [
        "ALLORA116 error: The handle "n1" of flow "a" has the timeout.attempt -1, but it must be a number from 0.",
      ]
    `)
  })

  test('ALLORA119: policies that can have no effect', () => {
    expect(sentences({ retry: { attempts: 2, jitter: 'full' } })).toMatchInlineSnapshot(`
      [
        "ALLORA119 warning: The handle "n1" of flow "a" says what becomes of the delays of its retries (jitter), but has no delay.",
      ]
    `)
    expect(sentences({ timeout: { attempt: 100, overall: 100 } })).toMatchInlineSnapshot(`
      [
        "ALLORA119 warning: The handle "n1" of flow "a" has 100 ms for one call, but only 100 ms for everything.",
      ]
    `)
    expect(sentences({ circuitBreaker: { failures: 5, window: 4, resetAfter: 10 } })).toMatchInlineSnapshot(`
      [
        "ALLORA119 error: The handle "n1" of flow "a" opens its circuit at 5 failures of 4 calls, so never.",
      ]
    `)
    const split = line(
      'a',
      ['in'],
      [{ kind: 'inlet', channel: 'in' }, { kind: 'split', retry: { attempts: 2 } }, { kind: 'reply' }],
    )
    expect(checkGraph(appOf(split), new Set()).map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "The split "n1" of flow "a" calls no function, so its retry has no effect.",
      ]
    `)
  })

  test('ALLORA108: its functions are looked up', () => {
    const node = {
      id: 'n1',
      kind: 'handle',
      service: 'f',
      retry: { attempts: 2, when: 'worthIt' },
      orderBy: 'customer',
    } as const
    expect(functionNames(node)).toEqual(['f', 'worthIt', 'customer'])
    expect(found(handling({ retry: { attempts: 2, when: 'worthIt' } }))).toEqual(['ALLORA108 error a/n1'])
  })

  test('is drawn in words', () => {
    const drawn = toMermaid(
      appOf(
        handling({
          retry: { attempts: 3 },
          timeout: { attempt: 10, overall: 50 },
          circuitBreaker: { failures: 5, resetAfter: 9 },
          concurrency: 4,
        }),
      ),
    )
    expect(drawn.split('\n').find((text) => text.includes('handle'))).toMatchInlineSnapshot(
      `"    f0n1["handle<br/>f<br/>tries 3<br/>timeout 10 ms<br/>timeout 50 ms overall<br/>opens at 5 of 5<br/>x 4"]:::step"`,
    )
  })
})

import { expect, test } from 'vitest'
import { run } from './run-example.ts'

test('hello greets', async () => {
  expect(await run('hello.ts')).toBe('Hello, World!\n')
})

/** Programs that use `allora/http` where hono is not installed: who serves is told what to install, who only sends needs nothing. */
import { describe, expect, test } from 'vitest'
import { answered, rawServer } from './raw-server.ts'
import { MISSING, withoutHono } from './without-hono.ts'

const programOf = (flow: string, then: string): string => `
import { app, direct, flow, runtime, MissingPackageError } from 'allora'
import { http } from 'allora/http'
try { await using rt = await runtime(app(${flow})).start(); ${then} }
catch (error) { console.log(error instanceof MissingPackageError, error.code, error.message) }`

describe('without the packages of servers', () => {
  test.each([
    ['with a port', '{ port: 0, path: "/" }'],
    ['for a server that is there already', '{ path: "/" }'],
  ])('http.inbound %s: the start says what to install', async (_, options) => {
    const program = programOf(`flow('f').from(http.inbound(${options})).handle((x) => x).build()`, '')
    expect(await withoutHono(program)).toBe(`true ${MISSING}`)
  })

  test('http.outbound does not need them', async () => {
    const server = await rawServer(({ body }) => answered('200 OK', `got ${body}`))
    const program = programOf(
      `flow('f').from(direct('in')).handle(http.outbound({ url: '${server.url}', as: 'text' })).build()`,
      "console.log((await rt.request('in', 'x')).right)",
    )
    expect(await withoutHono(program)).toBe('got x')
  })
})

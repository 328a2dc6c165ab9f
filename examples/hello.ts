/** The smallest flow: a channel, a function, a queue. Run it with `node examples/hello.ts`. */
import { app, direct, flow, queue, runtime } from 'allora'

const hello = flow('hello')
  .from(direct('input'))
  .handle((name: string) => `Hello, ${name}!`)
  .to(queue('output'))
  .build()

await using rt = await runtime(app(hello)).start()
await rt.send('input', 'World')
const reply = await rt.channel('output').receive()

console.log(reply.payload)

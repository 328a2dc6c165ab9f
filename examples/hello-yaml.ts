/** Hello with the flow in a file and the service in code. Run it with `node examples/hello-yaml.ts`. */
import { fileURLToPath } from 'node:url'
import type { QueueChannel } from 'allora'
import { loadRuntime } from 'allora/yaml'

const services = { hello_world: (name: string) => `Hello, ${name}!` }
const file = fileURLToPath(new URL('hello-yaml/allora.yml', import.meta.url))

await using rt = await loadRuntime(file, { services }).start()
await rt.sendUnknown('input_channel', 'World')
// What a file says the compiler does not know.
const reply = await (rt.channel('output_channel') as QueueChannel<string>).receive()

console.log(reply.payload)

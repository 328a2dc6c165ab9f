/** @nestjs/cqrs: the command bus for requests, the event bus for topics. The decorators are called as functions. */
import 'reflect-metadata'
import { Module, type Provider } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { CommandBus, CommandHandler, CqrsModule, EventBus, EventsHandler } from '@nestjs/cqrs'
import type { Contender, Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { publishing, tally } from '../workloads/pubsub.ts'
import { requesters } from '../workloads/requests.ts'
import { turns } from '../workloads/turns.ts'

class Question extends LimitMessage {}
class Published extends LimitMessage {}

/** Starts an application whose one command handler is `execute`. */
async function commands(execute: (question: Question) => Promise<unknown>): Promise<CommandBus> {
  class Handler {
    execute(question: Question): Promise<unknown> {
      return execute(question)
    }
  }
  CommandHandler(Question)(Handler)
  return (await application([Handler])).get(CommandBus)
}

async function application(providers: Provider[]) {
  class Application {}
  Module({ imports: [CqrsModule.forRoot()], providers })(Application)
  const context = await NestFactory.createApplicationContext(Application, { logger: false })
  return context.init()
}

const hello = async (service: (x: number) => unknown): Promise<Contender> => {
  const output = new LimitQueue<LimitMessage>()
  const bus = await commands(async ({ payload }) => {
    void output.put(new LimitMessage((await service(payload)) as number))
  })
  return turns({ send: (payload) => bus.execute(new Question(payload)), receive: () => output.receive() })
}

export const peer: Peer = {
  name: '@nestjs/cqrs',
  package: '@nestjs/cqrs',

  hello,

  helloLater: hello,

  async pubsub(subscribers) {
    const tallies = tally(subscribers)
    const handlers = tallies.map((each) => {
      class Handler {
        handle({ payload }: Published): void {
          each.add(payload)
        }
      }
      EventsHandler(Published)(Handler)
      return Handler
    })
    const bus = (await application(handlers)).get(EventBus)
    return publishing(tallies, async (payload) => void bus.publish(new Published(payload)))
  },

  async requests(service, inFlight) {
    const bus = await commands(({ payload }) => service(payload))
    return requesters(
      inFlight,
      (payload) => bus.execute<Question, number>(new Question(payload)),
      (reply) => reply,
    )
  },
}

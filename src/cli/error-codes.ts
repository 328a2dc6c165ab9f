/** What each code stands for: those of diagnostics, and those of errors, which are thrown with a sentence of their own. */
import { DIAGNOSTIC_CODES } from '../graph/diagnostic-codes.ts'

/** A code in words. */
export interface Explanation {
  readonly title: string
  readonly explanation: string
}

type Row = readonly [title: string, explanation: string]

const ERRORS: Readonly<Record<string, Row>> = {
  // Channels
  ALLORA201: [
    'Nobody takes the message',
    'A direct channel, or a pubsub channel with minSubscribers, holds no messages: it hands each one to its consumer, and there is none. Start or resume the flow that reads from it, subscribe to it, or make it a queue.',
  ],
  ALLORA202: [
    'Channel full',
    "The channel has as many messages as its capacity, and its overflow is 'reject'. Send again later, make its consumers faster, or let senders wait: overflow: 'wait'.",
  ],
  ALLORA203: [
    'Channel closed',
    'The channel was closed, by channel.close() or because its runtime stopped, and takes no more messages.',
  ],
  ALLORA204: [
    'No room in time',
    'The channel stayed full for the timeout that the sender gave. The message was not sent. Wait longer, or find out why its consumers are slow: allora top.',
  ],
  ALLORA205: [
    'Vetoed by an interceptor',
    'An interceptor of the channel refused the message in beforeSend. The message was not sent.',
  ],
  ALLORA206: [
    'Second consumer',
    "A direct channel has one consumer unless it says how several share its messages. Set dispatch: 'roundRobin' or 'failover', or use a pubsub channel if each should get every message.",
  ],
  ALLORA207: [
    'Option out of range',
    'An option has a value that it cannot have, such as a negative capacity. The sentence of the error names it and what it may be.',
  ],
  ALLORA208: [
    'Not possible with this transport',
    'The transport of the channel cannot do what was asked, as its capabilities say; receive, for example, needs a channel that holds messages.',
  ],
  ALLORA209: [
    'Unknown channel',
    'No flow of the app has a channel of this id. It is mostly a typing mistake; allora graph shows the channels.',
  ],
  ALLORA210: [
    'Wrong type of a known header',
    'Headers such as priority and correlationId have a meaning and a type. Set the type that the sentence names, or choose another name.',
  ],
  ALLORA211: [
    'Payload does not fit',
    'A payload from outside does not fit the schema of its channel; issues says where. Nothing was sent.',
  ],
  // Handling
  ALLORA301: [
    'Step failed',
    'A step of a flow failed with this message: its function threw, rejected or returned a Left. The cause has the reason, and the sentence says where the message is now: with an error scope, in the dead letters, or still with its sender.',
  ],
  ALLORA302: [
    'No branch for the message',
    'A route has no case for this message and no otherwise. Add the case, or { otherwise }.',
  ],
  ALLORA303: ['Refused by a filter', "A filter with reject: 'error' did not let the message pass."],
  ALLORA304: [
    'Result that cannot be used',
    'A function, or something else that the app was given, gave what its contract does not allow: a handler a function that gives no promise, correlateBy or when a promise, a schema or a store no answer. The sentence says who, and what is expected.',
  ],
  ALLORA305: [
    'Nothing to split',
    'A splitter got something that cannot be iterated. Give it a function that makes a list of the payload.',
  ],
  ALLORA306: [
    'Not for this aggregator',
    'An aggregator could not take the message: it has no correlation key, or maxGroups are open already.',
  ],
  ALLORA307: [
    'Not sent to all recipients',
    'A recipient list could not send to everybody. The sentence says who has the message already.',
  ],
  ALLORA308: [
    'No reply in time',
    'No reply came within the timeout of the request. Should it come later, it is dropped and counted as a late reply.',
  ],
  ALLORA309: [
    'No reply will come',
    'The message of a request was dropped on its way, by a filter for example, so nobody will answer it.',
  ],
  ALLORA310: [
    'Aborted by the stop',
    'The runtime was stopped, and this work did not end before the deadline. Stop with a longer timeout.',
  ],
  ALLORA311: [
    'Dead letters full',
    'There are as many dead letters as the runtime keeps, so the message stays where it was. Redrive or remove some: allora dlq, or raise deadLetters.capacity.',
  ],
  ALLORA312: [
    'Expired',
    'The time in the header expiresAt passed before the message was handled. It is a dead letter with the reason expired.',
  ],
  ALLORA313: [
    'Group not complete in time',
    "A group of an aggregator was not complete when its timeout passed, and onTimeout is 'deadLetter'. Its members are dead letters.",
  ],
  ALLORA314: ['Invalid message', 'The message does not fit the schema of a validate step; the sentence says where.'],
  ALLORA315: [
    'Unknown claim',
    'A claim check has no payload for this claim: it was taken out before, or has another store than where it was put in.',
  ],
  ALLORA316: [
    'Nothing to enrich',
    'An enrich step adds a property, and the payload is no object that could have one. Transform it into one before.',
  ],
  ALLORA317: [
    'No key',
    'A step tells messages apart by a key or their place in a sequence, and this message has none, or comes again with the key it has.',
  ],
  ALLORA318: ['Branch without a reply', 'A branch of a scatter-gather failed or did not answer in time.'],
  ALLORA319: [
    'Step too slow',
    'A step took longer than its timeout. Its signal was aborted; the work goes on if it does not listen to that.',
  ],
  ALLORA320: [
    'Circuit open',
    'A step failed so often that it is not called for a while. It is tried again by itself; the message can be redriven.',
  ],
  ALLORA321: [
    'Too many turns',
    'A loop, a routing slip or a dynamic route came to its max. Raise it, or find out why there is no end.',
  ],
  ALLORA322: ['No trigger in time', 'Nothing with the same key came to the trigger of a barrier before its timeout.'],
  ALLORA323: [
    'No room for another claim',
    'A store of claims in memory holds as many payloads as it may. Take claims out, or give the store a higher capacity.',
  ],
  ALLORA324: [
    'Consumers failed',
    "All consumers of a channel with dispatch: 'failover' failed to handle the message, or some subscribers of one with await: 'handled' did. errors has what each failed with; where the message is, each of them says.",
  ],
  // Life
  ALLORA401: ['Not started', 'The runtime accepts messages between start and stop only. Call await rt.start() first.'],
  ALLORA402: [
    'Stopped',
    'The runtime is stopping or stopped and cannot be started again. Make a new one with runtime(app).',
  ],
  ALLORA403: ['App with errors', 'The app cannot start, because check finds errors in it. The sentence lists them.'],
  ALLORA404: [
    'Missing service',
    'The app names a service that it was not given. Give it to runtime(app, { services }), or export it from the module named by --services.',
  ],
  ALLORA405: [
    'Unknown transport',
    'A channel names a transport that the runtime was not given. Give it to runtime(app, { transports }), or export transports beside the app.',
  ],
  ALLORA406: [
    'Unknown dead letter',
    'There is no dead letter of this message; it may have been redriven or removed. allora dlq ls shows those there are.',
  ],
  ALLORA407: ['Unknown flow', 'The app has no flow of this id.'],
  ALLORA408: [
    'Source ended',
    'A source failed by itself, not with a message. The flow goes on with what it has; control.start(flow) opens the source anew.',
  ],
  ALLORA409: [
    'Package not installed',
    'Something optional needs a package that cannot be loaded. The sentence says which, and how to install it.',
  ],
  ALLORA410: [
    'Cannot go again this way',
    'A dead letter cannot begin again where redrive was told to: its flow or node is gone, or only its start is known. Redrive it from the start, or remove it.',
  ],
  // Building
  ALLORA501: ['No graph', 'Data was read as a graph and is none. The sentence lists every problem with its path.'],
  ALLORA502: ['Name missing', 'A flow, channel, node or service needs a name: a text that is not empty.'],
  ALLORA503: [
    'Step that cannot be built',
    'An operator got something it cannot use, such as a handler that is no function. The compiler would say so in typed code.',
  ],
  ALLORA504: ['Node id used twice', 'Two nodes of one flow have the same id. Give one of them another.'],
  ALLORA505: [
    'Branch that leads elsewhere',
    'A branch must go on from what it was given: (branch) => branch.transform(...).',
  ],
  ALLORA506: [
    'Service name used twice',
    'One name stands for two functions. Services are known by their names in the whole app.',
  ],
  ALLORA507: [
    'Channel declared in two ways',
    'One channel id has two kinds or two values of an option. Make its token once and use that everywhere.',
  ],
  ALLORA508: ['Flow id used twice', 'Two flows of one app have the same id. Give one of them another.'],
  ALLORA509: [
    'Nothing to replace',
    'replace names a function that the app does not have. Object.keys(app.functions) lists them.',
  ],
  ALLORA510: [
    'Contract called',
    'A service that is known by its signature only was called outside a runtime that binds it.',
  ],
  ALLORA511: [
    'Unknown service',
    'A registry was asked for a service that it has not, or was given a class that has no name by @Service.',
  ],
  ALLORA512: [
    'Service not made',
    'A class cannot be a service: its constructor or its factory threw, or what they made has no method "handle".',
  ],
  // Files
  ALLORA616: [
    'File that cannot be run',
    'A YAML file has errors, or names something that was not given. The sentence lists everything with its place; allora check does so too.',
  ],
  // Command line
  ALLORA701: ['Wrong use', 'The command does not exist, or is not used like this. --help says how it is.'],
  ALLORA702: [
    'File without an app',
    'The file of the app is not there, cannot be loaded, or exports no app and no flow. allora init writes one that works.',
  ],
  ALLORA703: [
    'No app is running',
    'Nobody answers at the control socket. The app is found by its file: run the command in the same folder as allora run, or name the file by --app.',
  ],
  ALLORA704: [
    'Control socket not possible',
    'An app opens a control socket when it runs. Another one of the same file runs already, or its folder is open to other users.',
  ],
  ALLORA705: [
    'Request not understood',
    'What came over the control socket is no request, is too long, or names a command that does not exist.',
  ],
  ALLORA706: [
    'Request refused',
    'The running app could not do what was asked, or ended before it answered. The sentence is its own.',
  ],
  // HTTP
  ALLORA801: [
    'Cannot listen',
    'The server of http.inbound could not be opened: its port is in use, its address is not one of this machine, or its certificate cannot be read. port: 0 is a free port.',
  ],
  ALLORA802: [
    'HTTP flows that contradict each other',
    'Two flows answer the same path and method of one server, or say different things of the server, or http.handler was given a flow that does not begin with http.inbound.',
  ],
  ALLORA803: [
    'Reply that HTTP cannot carry',
    'The status of a reply must be a whole number from 200 to 599, its header fields must be free of line breaks, and its payload text, bytes, a stream of them or JSON.',
  ],
  // Requests to HTTP servers
  ALLORA851: [
    'Message that no request can be made of',
    'The url is none of http or https, a header cannot be sent, or the payload is nothing that text, bytes or JSON can be made of. Nothing was sent. Correct what the sentence names, or make text or bytes of the payload in a step before.',
  ],
  ALLORA852: [
    'No answer from the server',
    'The name is not known, the connection was refused or broken, or what came is not HTTP. retryable says whether a retry is safe: always when the server never had the request, else for idempotent methods only. The cause has what Node says.',
  ],
  ALLORA853: [
    'Answer too late',
    'The answer had not been read within the timeout of the request, 30,000 ms unless given. The server may have done what it was asked: a POST is repeated only with idempotent: true.',
  ],
  ALLORA854: [
    'Redirect not followed',
    'The server sent the request on in a circle, more often than redirects allows, from https to http, or to what is no URL. Correct the url; redirects: 0 takes a redirect as the answer.',
  ],
  ALLORA855: [
    'Answer that cannot be read',
    "The body of the answer is larger than maxBody, no JSON, or no text in its charset. The server has done what it was asked. as: 'text' or as: 'bytes' takes the body as it is.",
  ],
  ALLORA856: [
    'Answer that does not fit',
    'The body of the answer does not fit the schema of http.outbound; issues says where. The server has done what it was asked.',
  ],
  ALLORA857: [
    'Refused by the server',
    "The server answered with a status other than 2xx: the typed failure HttpFailure, with status, headers and the beginning of the body. Take it with onError or errorsTo, or as a result: nonSuccess: 'reply'.",
  ],
}

/** Every code, in order. */
export const EXPLANATIONS: Readonly<Record<string, Explanation>> = Object.fromEntries(
  [
    ...Object.entries(DIAGNOSTIC_CODES).map(
      ([code, { title, explanation }]) => [code, { title, explanation }] as const,
    ),
    ...Object.entries(ERRORS).map(([code, [title, explanation]]) => [code, { title, explanation }] as const),
  ].sort(([a], [b]) => (a < b ? -1 : 1)),
)

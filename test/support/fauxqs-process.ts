import { parentPort, workerData } from "node:worker_threads"

/**
 * fauxqs in a thread of its own, whose clock the tests move: `workerData.time` holds its milliseconds since the epoch. Says its port.
 */
const time: unknown = workerData.time
if (!(time instanceof SharedArrayBuffer)) throw new Error("no time to run on")
const milliseconds = new BigInt64Array(time)
Date.now = () => Number(Atomics.load(milliseconds, 0))

interface Queue {
  getAttribute(name: string): unknown
  processTimers(): void
}

// Its counts of a queue are those of the last receive; they shall be those of now.
const main = import.meta.resolve("fauxqs")
const { SqsQueue }: { SqsQueue: { prototype: Queue } } = await import(new URL("./sqs/sqsStore.js", main).href)
const { getAttribute } = SqsQueue.prototype
SqsQueue.prototype.getAttribute = function (name) {
  this.processTimers()
  return getAttribute.call(this, name)
}

const { startFauxqs } = await import("fauxqs")
const server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false })
parentPort?.postMessage(server.port)

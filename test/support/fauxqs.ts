import { once } from "node:events"
import { Worker } from "node:worker_threads"

export interface Fauxqs {
  url: string
  /** Its time, milliseconds since the epoch; it stands still otherwise. */
  now(): number
  advance(ms: number): void
  stop(): Promise<void>
}

/** S3 and SQS in a thread: its clock moves on demand, and what it holds in memory is its own. */
export async function startFauxqs(): Promise<Fauxqs> {
  const time = new SharedArrayBuffer(8)
  const milliseconds = new BigInt64Array(time)
  Atomics.store(milliseconds, 0, BigInt(Date.now()))
  const worker = new Worker(new URL("./fauxqs-process.ts", import.meta.url), { workerData: { time }, execArgv: [] })
  const [port]: unknown[] = await once(worker, "message")
  return {
    url: `http://127.0.0.1:${port}`,
    now: () => Number(Atomics.load(milliseconds, 0)),
    advance: (ms) => void Atomics.add(milliseconds, 0, BigInt(ms)),
    stop: async () => void (await worker.terminate()),
  }
}

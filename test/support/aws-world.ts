import { SQSClient } from "@aws-sdk/client-sqs"
import { type AwsEngine, createAwsEngine } from "@postrider/engines/aws/engine"
import { createClock } from "@postrider/runtime/clock"
import { createIds } from "@postrider/runtime/ids"
import type { AwsProxy } from "./aws-proxy.ts"
import type { AwsStandIns } from "./aws-stand-ins.ts"

export interface AwsWorld {
  engine: AwsEngine
  proxy: AwsProxy
  bucket: string
  /** Asks the queues directly, at this URL for the outbound one. */
  sqs: SQSClient
  outboundUrl: string
  /** Another process over the same bucket, table and queues. */
  another(): AwsEngine
  close(): Promise<void>
}

/** An engine on real time over a place of its own: what is tried again waits in earnest. */
export async function openAwsWorld(standIns: AwsStandIns): Promise<AwsWorld> {
  const { proxy } = standIns
  const clock = createClock()
  const place = await standIns.createPlace({ clock, ids: createIds({ clock }) })
  const credentials = { accessKeyId: "test", secretAccessKey: "test" }
  const sqs = new SQSClient({ region: "us-east-1", endpoint: proxy.endpoints.sqs, credentials })
  const engines: AwsEngine[] = []
  const another = () => {
    const engine = createAwsEngine(place)
    engines.push(engine)
    return engine
  }
  return {
    engine: another(),
    proxy,
    bucket: place.bucket,
    sqs,
    outboundUrl: place.queues.outbound,
    another,
    async close() {
      proxy.heal()
      sqs.destroy()
      for (const engine of engines) await engine.close()
    },
  }
}

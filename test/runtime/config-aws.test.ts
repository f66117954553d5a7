import { readConfig } from "@postrider/runtime/config/config"
import type { Env } from "@postrider/runtime/config/env"
import { readSecrets } from "@postrider/runtime/config/secrets"
import { describe, expect, it } from "vitest"

const complete: Env = {
  POSTRIDER_ENGINE: "aws",
  POSTRIDER_BUCKET: "mail",
  POSTRIDER_TABLE: "records",
  POSTRIDER_QUEUE_OUTBOUND: "https://sqs.eu-west-1.amazonaws.com/123456789012/outbound",
  POSTRIDER_QUEUE_POLL: "https://sqs.eu-west-1.amazonaws.com/123456789012/poll",
  POSTRIDER_QUEUE_WEBHOOK: "https://sqs.eu-west-1.amazonaws.com/123456789012/webhook",
}

describe("settings of the aws engine", () => {
  it("names of bucket, table and queues are all that it needs; it ticks once a minute", () => {
    const { config, problems } = readConfig(complete)
    expect(problems).toEqual([])
    expect(config.tickMs).toBe(60_000)
    expect(config.engine).toEqual({
      kind: "aws",
      bucket: "mail",
      table: "records",
      queues: {
        outbound: complete.POSTRIDER_QUEUE_OUTBOUND,
        poll: complete.POSTRIDER_QUEUE_POLL,
        webhook: complete.POSTRIDER_QUEUE_WEBHOOK,
      },
      endpoints: {},
    })
  })

  it("endpoints of other stores are taken without the slash at their end", () => {
    const { config } = readConfig({ ...complete, POSTRIDER_S3_ENDPOINT: "http://127.0.0.1:9000/" })
    expect(config.engine).toMatchObject({ endpoints: { s3: "http://127.0.0.1:9000" } })
  })

  it("every setting that is missing or no URL is named at once", () => {
    const { problems } = readConfig({
      POSTRIDER_ENGINE: "aws",
      POSTRIDER_QUEUE_POLL: "poll",
      POSTRIDER_SQS_ENDPOINT: "localhost:4566",
    })
    expect(problems.map(({ setting }) => setting).sort()).toEqual([
      "POSTRIDER_BUCKET",
      "POSTRIDER_QUEUE_OUTBOUND",
      "POSTRIDER_QUEUE_POLL",
      "POSTRIDER_QUEUE_WEBHOOK",
      "POSTRIDER_SQS_ENDPOINT",
      "POSTRIDER_TABLE",
    ])
  })

  it("the master key is never made up: without it nothing starts", () => {
    const { config } = readConfig(complete)
    expect(readSecrets(complete, config).problems.map(({ setting }) => setting)).toEqual(["POSTRIDER_MASTER_KEY"])
  })
})

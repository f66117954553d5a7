import type { AwsService } from "@postrider/engines/aws/clients"

/** What was used of AWS, as its bill counts it. */
export interface AwsUse {
  /** Requests by operation, those that were tried again included. */
  requests: Record<string, number>
  /** Of DynamoDB: a write of up to 1 KB, to the table or to an index. */
  writeUnits: number
  /** Of DynamoDB: a consistent read of up to 4 KB; others count half. */
  readUnits: number
  /** Requests of SQS as billed: 64 KB each. */
  queueUnits: number
}

export interface AwsLedger {
  request(service: AwsService, operation: string): void
  add(use: Partial<Pick<AwsUse, "writeUnits" | "readUnits" | "queueUnits">>): void
  /** What was used since the last time. */
  take(): AwsUse
}

const nothing = (): AwsUse => ({ requests: {}, writeUnits: 0, readUnits: 0, queueUnits: 0 })

export function createAwsLedger(): AwsLedger {
  let use = nothing()
  return {
    request(service, operation) {
      const name = `${service} ${operation}`
      use.requests[name] = (use.requests[name] ?? 0) + 1
    },
    add({ writeUnits = 0, readUnits = 0, queueUnits = 0 }) {
      use.writeUnits += writeUnits
      use.readUnits += readUnits
      use.queueUnits += queueUnits
    },
    take() {
      const taken = use
      use = nothing()
      return taken
    },
  }
}

/** List prices of us-east-1, dollars per million. DynamoDB is charged by units, SQS by 64 KB. */
const writing = 5
const reading = 0.4
const perWriteUnit = 0.625
const perReadUnit = 0.125
const perQueueUnit = 0.4
const writingOperations = /^s3 (Put|Copy|Create|Complete|Upload|List)/
const readingOperations = /^s3 (Get|Head)/

/** What a million times this use costs, in dollars; computing apart. */
export function dollarsPerMillion({ requests, writeUnits, readUnits, queueUnits }: AwsUse): number {
  const s3 = Object.entries(requests).map(([name, count]) =>
    writingOperations.test(name) ? writing * count : readingOperations.test(name) ? reading * count : 0,
  )
  return s3.reduce(
    (sum, dollars) => sum + dollars,
    writeUnits * perWriteUnit + readUnits * perReadUnit + queueUnits * perQueueUnit,
  )
}

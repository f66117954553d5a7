import { afterAll, beforeAll } from "vitest"
import { contentStoreContract } from "../../contracts/content-store.contract.ts"
import { registerContract } from "../../contracts/engine-contract.ts"
import { jobQueueContract } from "../../contracts/job-queue.contract.ts"
import { recordStoreContract } from "../../contracts/record-store.contract.ts"
import { type AwsStandIns, startAwsStandIns } from "../../support/aws-stand-ins.ts"
import { awsUnderTest } from "../../support/aws-under-test.ts"

let standIns: AwsStandIns

beforeAll(async () => {
  standIns = await startAwsStandIns()
})
afterAll(() => standIns.stop())

const aws = awsUnderTest(() => standIns)

registerContract("aws, S3 by fauxqs: content", contentStoreContract, aws)
registerContract("aws, DynamoDB by dynalite: records", recordStoreContract, aws)
registerContract(
  "aws, DynamoDB by dynalite: records whose indexes lag",
  recordStoreContract,
  awsUnderTest(() => standIns, { lagMs: 500 }),
)
registerContract("aws, SQS by fauxqs: jobs", jobQueueContract, aws)

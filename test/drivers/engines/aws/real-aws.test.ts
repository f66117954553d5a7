import { afterAll, beforeAll, describe, it } from "vitest"
import { contentStoreContract } from "../../../contracts/content-store.contract.ts"
import { type ContractCase, type EngineUnderTest, runCase } from "../../../contracts/engine-contract.ts"
import { jobQueueContract } from "../../../contracts/job-queue.contract.ts"
import { recordStoreContract } from "../../../contracts/record-store.contract.ts"
import { type RealAws, startRealAws } from "../../../support/real-aws.ts"

/** Cases whose truth does not hang on exact counts or on a time that stands still: those of SQS are approximate. */
const jobCases = [
  "the type of a job names its queue",
  "all jobs of one call are sent",
  "fields that this version does not know",
  "a body of 32 KB rides along",
  "receivers at once never get the same job",
  "redrive sends named dead letters",
]
const slowMs = 120_000

if (process.env.POSTRIDER_TEST_AWS === undefined) {
  it("the contracts hold on AWS itself", (context) => {
    context.skip(
      "needs credentials, AWS_REGION and POSTRIDER_TEST_AWS=1: makes and removes a bucket, a table and queues",
    )
  })
} else {
  let aws: RealAws
  beforeAll(async () => {
    aws = await startRealAws()
  }, 2 * slowMs)
  afterAll(() => aws.stop(), slowMs)

  const register = (title: string, cases: readonly ContractCase[], engine: () => EngineUnderTest) =>
    describe(title, () => {
      for (const one of cases) it(one.name, () => runCase(one, engine()), slowMs)
    })
  const ours = jobQueueContract.filter(({ name }) => jobCases.some((begin) => name.startsWith(begin)))
  register("AWS: content", contentStoreContract, () => aws.stores)
  register("AWS: records", recordStoreContract, () => aws.stores)
  register("AWS: jobs", ours, () => aws.queues)
}

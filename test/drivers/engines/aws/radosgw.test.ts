import { afterAll, beforeAll } from "vitest"
import { contentStoreContract } from "../../../contracts/content-store.contract.ts"
import type { EngineUnderTest } from "../../../contracts/engine-contract.ts"
import { registerContract } from "../../../contracts/engine-contract.ts"
import { type AwsStandIns, startAwsStandIns } from "../../../support/aws-stand-ins.ts"
import { awsUnderTest } from "../../../support/aws-under-test.ts"
import { type Radosgw, radosgwMissing, startRadosgw } from "../../../support/radosgw.ts"

const missing = radosgwMissing()
let standIns: AwsStandIns | undefined
let radosgw: Radosgw | undefined

beforeAll(async () => {
  if (missing !== null) return
  radosgw = await startRadosgw()
  standIns = await startAwsStandIns({ s3: radosgw })
}, 200_000)
afterAll(async () => {
  await standIns?.stop()
  await radosgw?.stop()
}, 200_000)

const aws: EngineUnderTest = awsUnderTest(() => {
  if (standIns === undefined) throw new Error("not started")
  return standIns
})

registerContract("aws, S3 by radosgw: content", contentStoreContract, missing === null ? aws : { ...aws, missing })

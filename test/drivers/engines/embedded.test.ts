import { contentStoreContract } from "../../contracts/content-store.contract.ts"
import { registerContract } from "../../contracts/engine-contract.ts"
import { jobQueueContract } from "../../contracts/job-queue.contract.ts"
import { recordStoreContract } from "../../contracts/record-store.contract.ts"
import { embedded } from "../../support/engines-under-test.ts"

registerContract("embedded: content", contentStoreContract, embedded)
registerContract("embedded: records", recordStoreContract, embedded)
registerContract("embedded: jobs", jobQueueContract, embedded)

import { contentStoreContract } from "../../contracts/content-store.contract.ts"
import { registerContract } from "../../contracts/engine-contract.ts"
import { jobQueueContract } from "../../contracts/job-queue.contract.ts"
import { recordStoreContract } from "../../contracts/record-store.contract.ts"
import { lagging, memory } from "../../support/engines-under-test.ts"

registerContract("memory: content", contentStoreContract, memory)
registerContract("memory: records", recordStoreContract, memory)
registerContract("memory: records whose indexes lag", recordStoreContract, lagging)
registerContract("memory: jobs", jobQueueContract, memory)

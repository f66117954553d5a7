import type { Engine } from "@postrider/engines/engine"
import { describe, expect, it } from "vitest"
import { contentStoreContract } from "../../contracts/content-store.contract.ts"
import { type ContractCase, type EngineUnderTest, runCase } from "../../contracts/engine-contract.ts"
import { jobQueueContract } from "../../contracts/job-queue.contract.ts"
import { recordStoreContract } from "../../contracts/record-store.contract.ts"
import { brokenContentStores } from "../../support/broken-content-stores.ts"
import { brokenJobQueues } from "../../support/broken-job-queues.ts"
import { brokenRecordStores } from "../../support/broken-record-stores.ts"
import { embedded, memory } from "../../support/engines-under-test.ts"

/** For each defect, how the title of a case begins that must notice it. */
const recordDefects: Record<keyof typeof brokenRecordStores, string> = {
  "put ignores its condition": "a stale version loses",
  "put reads and writes in two steps": "of ten creations at once",
  "a lost put does not show what stands there": "creating over a record",
  "a put by version creates a missing record": "a put by version on a missing",
  "the version starts again on every write": "a version grows by one",
  "an update leaves the old index entry": "a put replaces body, index entries",
  "query ignores `to`": "a query takes `from` inclusive",
  "query takes `from` as exclusive": "a query takes `from` inclusive",
  "query sorts by UTF-16 units": "a query is sorted by the UTF-8",
  "the last page has a next": "pages hold at most",
  "an expired record is still there": "an expired record is missing",
  "add is a read and a write": "a hundred adds at once",
  "add ignores its ceiling": "under a ceiling",
  "delete ignores its condition": "a delete by version wins only",
  "getMany answers the first hundred": "getMany answers the records",
  "what cannot be stored is dropped without a word": "a body of 100 KB is kept",
}

const contentDefects: Record<keyof typeof brokenContentStores, string> = {
  "put resolves before the body is complete": "a put resolves only after",
  "a body that throws is stored as far as it came": "when the body throws",
  "the error of the body is replaced": "when the body throws",
  "a put over a key deletes it first": "a failed put over a key",
  "a range is one octet too long": "a range gives exactly",
  "a range starts one octet late": "a range gives exactly",
  "size is that of the range": "a range gives exactly",
  "delete stops after a thousand keys": "more than a thousand keys",
  "keys that differ only in case are the same": "keys with every allowed character",
  "keys are cleaned instead of refused": "a key that could leave the store",
  "the whole body is held in memory": "40 MB pass through",
}

const jobDefects: Record<keyof typeof brokenJobQueues, string> = {
  "send ignores the delay": "a delayed job comes",
  "send cuts a delay that is too long": "a delay of 15 minutes is kept",
  "send takes the first ten jobs": "all jobs of one call",
  "send keeps known fields alone": "fields that this version does not know",
  "groups are served first in, first out": "a group with 10,000 jobs",
  "settle ignores the receipt": "settling as done does nothing",
  "retry loses the job": "retry brings a job back",
  "retry sends a new job": "retry brings a job back",
  "reject forgets the reason": "reject moves a job",
  "done leaves the job for another receive": "a job is received as it was sent, once",
  "receives are not counted": "a running job is hidden",
  "receives are not limited": "a job that was received as often",
  "running jobs are not hidden": "a running job is hidden",
  "extend does nothing": "extend keeps a running job",
  "a waiting receive notices new jobs at its end only": "a waiting receive ends as soon as a job is sent",
  "redrive leaves the dead letters": "redrive sends named",
  "redrive ignores the names": "redrive sends named",
  "depth is that of all queues": "depth counts",
}

describe("the contract of records notices when", () => {
  for (const [defect, change] of Object.entries(brokenRecordStores)) {
    const engine = broken(memory, (good) => ({ ...good, records: change(good.records) }))
    itNotices(defect, { engine, by: caseOf(recordStoreContract, recordDefects, defect) })
  }
})

describe("the contract of content notices when", () => {
  for (const [defect, change] of Object.entries(brokenContentStores)) {
    const engine = broken(embedded, (good) => ({ ...good, content: change(good.content) }))
    itNotices(defect, { engine, by: caseOf(contentStoreContract, contentDefects, defect) })
  }
})

describe("the contract of jobs notices when", () => {
  for (const [defect, change] of Object.entries(brokenJobQueues)) {
    itNotices(defect, { engine: broken(memory, change), by: caseOf(jobQueueContract, jobDefects, defect) })
  }
})

function itNotices(defect: string, { engine, by }: { engine: EngineUnderTest; by: ContractCase }): void {
  it(`${defect}: "${by.name}"`, async () => {
    await expect(runCase(by, engine)).rejects.toThrow()
  })
}

function caseOf(cases: readonly ContractCase[], defects: Record<string, string>, defect: string): ContractCase {
  const begin = defects[defect]
  const found = cases.filter(({ name }) => begin !== undefined && name.startsWith(begin))
  if (found.length === 1 && found[0]) return found[0]
  throw new Error(`${found.length} cases begin with "${begin}"`)
}

function broken(good: EngineUnderTest, change: (engine: Engine) => Engine): EngineUnderTest {
  return {
    async open() {
      const harness = await good.open()
      const engine = change(harness.engine)
      return { ...harness, engine }
    },
  }
}

import type { Engine } from "@postrider/engines/engine"

/** Engines with one defect each that a protocol counts on not to be there. The suite of protocols must notice every one of them. */
export const brokenEngines = {
  "put ignores `absent`": (good) => ({
    ...good,
    records: {
      ...good.records,
      put: (record, when) => good.records.put(record, when !== undefined && "absent" in when ? undefined : when),
    },
  }),
  "put ignores the version": (good) => ({
    ...good,
    records: {
      ...good.records,
      put: (record, when) => good.records.put(record, when !== undefined && "version" in when ? undefined : when),
    },
  }),
  "delete does nothing": (good) => ({
    ...good,
    records: { ...good.records, delete: async () => ({ won: true }) },
  }),
  "nothing is found by its due time": (good) => ({
    ...good,
    records: {
      ...good.records,
      query: async (index, part, query) => (index === "due" ? { records: [] } : good.records.query(index, part, query)),
    },
  }),
  "jobs are lost when sent": (good) => ({ ...good, jobs: { ...good.jobs, send: async () => undefined } }),
  "a job is gone once it is received": (good) => ({
    ...good,
    source: {
      ...good.source,
      async receive(queue, options) {
        const jobs = await good.source.receive(queue, options)
        for (const job of jobs) await job.settle({ kind: "done" })
        return jobs
      },
    },
  }),
  "content is answered for and lost": (good) => ({
    ...good,
    content: { ...good.content, put: async () => ({ size: 0 }) },
  }),
} satisfies Record<string, (good: Engine) => Engine>

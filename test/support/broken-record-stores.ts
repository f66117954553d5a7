import type { NewRecord, PutCondition, RecordStore } from "@postrider/core/ports/record-store"

/** Record stores with one defect each, over one that has none. The contract must notice every one of them. */
export const brokenRecordStores = {
  "put ignores its condition": (good) => ({
    ...good,
    put: (record) => good.put(record),
  }),
  "put reads and writes in two steps": (good) => ({
    ...good,
    async put<B>(record: NewRecord<B>, when?: PutCondition) {
      const current = await good.get<B>(record.id)
      const holds = when === undefined || ("absent" in when ? current === undefined : current?.v === when.version)
      if (holds) return good.put(record)
      return current === undefined ? { won: false } : { won: false, current }
    },
  }),
  "a lost put does not show what stands there": (good) => ({
    ...good,
    async put<B>(record: NewRecord<B>, when?: PutCondition) {
      const put = await good.put(record, when)
      return put.won ? put : { won: false }
    },
  }),
  "a put by version creates a missing record": (good) => ({
    ...good,
    async put<B>(record: NewRecord<B>, when?: PutCondition) {
      const current = await good.get(record.id)
      return good.put(record, current === undefined ? undefined : when)
    },
  }),
  "the version starts again on every write": (good) => ({
    ...good,
    async put<B>(record: NewRecord<B>, when?: PutCondition) {
      const { won } = await good.delete(record.id, when)
      return won || (when !== undefined && "absent" in when)
        ? good.put(record, { absent: true })
        : good.put(record, when)
    },
  }),
  "an update leaves the old index entry": (good) => ({
    ...good,
    async put<B>(record: NewRecord<B>, when?: PutCondition) {
      const before = await good.get<B>(record.id)
      return good.put({ ...record, index: { ...before?.index, ...record.index } }, when)
    },
  }),
  "query ignores `to`": (good) => ({
    ...good,
    query: (index, part, { to: _, ...query }) => good.query(index, part, query),
  }),
  "query takes `from` as exclusive": (good) => ({
    ...good,
    query: (index, part, { from, ...query }) =>
      good.query(index, part, from === undefined ? query : { ...query, from: `${from}\u0000` }),
  }),
  "query sorts by UTF-16 units": (good) => ({
    ...good,
    async query<B>(...[index, part, query]: Parameters<RecordStore["query"]>) {
      const page = await good.query<B>(index, part, query)
      const sign = query.order === "asc" ? 1 : -1
      const sortOf = (at: number) => page.records[at]?.index?.[index]?.sort ?? ""
      const order = [...page.records.keys()].sort((a, b) => (sortOf(a) < sortOf(b) ? -sign : sign))
      return { ...page, records: order.flatMap((at) => page.records[at] ?? []) }
    },
  }),
  "the last page has a next": (good) => ({
    ...good,
    async query<B>(...[index, part, query]: Parameters<RecordStore["query"]>) {
      return { next: query.after ?? "W10", ...(await good.query<B>(index, part, query)) }
    },
  }),
  "an expired record is still there": (good) => ({
    ...good,
    put: ({ expiresAt: _, ...record }, when) => good.put(record, when),
  }),
  "add is a read and a write": (good) => ({
    ...good,
    async add(id, field, n, options = {}) {
      const body = (await good.get<Record<string, number>>(id))?.body ?? {}
      const before = body[field] ?? 0
      const value = before + n
      if (options.ceiling !== undefined && value > options.ceiling) return { won: false, value: before }
      await good.put({ id, body: { ...body, [field]: value } })
      return { won: true, value }
    },
  }),
  "add ignores its ceiling": (good) => ({
    ...good,
    add: (id, field, n, { ceiling: _, ...options } = {}) => good.add(id, field, n, options),
  }),
  "delete ignores its condition": (good) => ({
    ...good,
    delete: (id) => good.delete(id),
  }),
  "getMany answers the first hundred": (good) => ({
    ...good,
    getMany: (ids) => good.getMany(ids.slice(0, 100)),
  }),
  "what cannot be stored is dropped without a word": (good) => ({
    ...good,
    put: (record, when) => good.put(record, when).catch(() => ({ won: true, v: 1 })),
  }),
} satisfies Record<string, (good: RecordStore) => RecordStore>

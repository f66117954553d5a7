import { existsSync, readFileSync, writeFileSync } from "node:fs"

/** Why the memory of a process cannot be read here, or null. */
export const processMemoryMissing = (): string | null =>
  existsSync("/proc/self/clear_refs") ? null : "only Linux tells the peak memory of a process"

/** Most memory that was resident since the start, or since `forgetPeak`, bytes: threads and shared pages included. */
export function peakBytes(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  if (found === null) throw new Error(`no peak of process ${pid}`)
  return Number(found[1]) * 1024
}

/** The peak begins anew from what is resident now (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5")
}

import type { PostriderSettings } from "./defaults.ts"

/** The network of the functions that dial out, where one is asked for. Its NAT is the address that mail servers see. */
export function createNetwork(name: string, { vpc }: PostriderSettings): sst.aws.Vpc | undefined {
  return typeof vpc === "string" ? new sst.aws.Vpc(`${name}Vpc`, { nat: vpc, az: 2 }) : vpc
}

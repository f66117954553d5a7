import { RandomBytes, RandomPassword } from "@pulumi/random"
import type { PostriderSettings } from "./defaults.ts"

/** Made at the first deployment and kept, encrypted, in the app's state; losing the master key loses every stored credential. */
export function createSecrets(name: string, { masterKey, adminKey }: PostriderSettings) {
  const kept = { retainOnDelete: true }
  return {
    masterKey: $util.secret(masterKey ?? new RandomBytes(`${name}MasterKey`, { length: 32 }, kept).base64),
    adminKey: $util.secret(adminKey ?? new RandomPassword(`${name}AdminKey`, { length: 40, special: false }).result),
  }
}

export type Secrets = ReturnType<typeof createSecrets>

import type { PostriderSettings } from "./defaults.ts"

/** Made at the first deployment and kept, encrypted, in the app's state; losing the master key loses every stored credential. */
export function createSecrets(name: string, { masterKey, adminKey }: PostriderSettings) {
  return {
    masterKey: $util.secret(
      masterKey ?? made(({ RandomBytes }) => new RandomBytes(`${name}MasterKey`, { length: 32 }, kept).base64),
    ),
    adminKey: $util.secret(
      adminKey ??
        made(
          ({ RandomPassword }) => new RandomPassword(`${name}AdminKey`, { length: 40, special: false }, kept).result,
        ),
    ),
  }
}

const kept = { retainOnDelete: true }

/** Imported late: SST reads its config once before its packages are there. */
function made(make: (random: typeof import("@pulumi/random")) => $util.Output<string>): $util.Output<string> {
  return $util.output(import("@pulumi/random")).apply(make)
}

export type Secrets = ReturnType<typeof createSecrets>

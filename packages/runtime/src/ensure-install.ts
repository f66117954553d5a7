import { RelayError } from "@postrider/core/error/relay-error"
import { createKey } from "@postrider/core/key/create-key"
import { deleteKey } from "@postrider/core/key/delete-key"
import type { Actor, KeySettings } from "@postrider/core/key/key"
import { keyPointerId } from "@postrider/core/key/key-pointer"
import type { Ports } from "@postrider/core/ports/ports"
import { updateRecord } from "@postrider/core/record/update-record"
import { resealStore } from "@postrider/core/secret/reseal-store"

/** Body of `cfg#install`. */
type Install = {
  createdAt: string
  /** The first key was handed to the operator. */
  keyShown: boolean
  /** A known text, sealed: opens only with a master key of this store. */
  sealed: string
}

const installId = "cfg#install"
const sealedText = "postrider"
const firstKeyId = "first-key"
const everything: KeySettings = {
  name: "first key",
  scopes: ["*"],
  accounts: null,
  tenants: null,
  test: false,
  hold: false,
  allow_recipients: null,
  allow_ips: null,
  rate: null,
  expires_at: null,
}
const operator: Actor = { keyId: "operator", settings: everything }

/**
 * Marks a new store with the day it was made, and makes its first key when the operator gave none. A key whose start died before
 * it could be shown is replaced by another one. After a change of the first master key everything is sealed anew under it.
 * @throws RelayError `not_ready` when the store was sealed under another master key.
 */
export async function ensureInstall(
  ports: Ports,
  { ownKey }: { ownKey: boolean },
): Promise<{ newKey: string | null; createdAt: string }> {
  const install = (await ports.records.get<Install>(installId))?.body ?? (await mark(ports))
  checkMasterKey(ports, install)
  if (!ports.secrets.isCurrent(install.sealed)) await rotate(ports)
  const { createdAt, keyShown } = install
  if (!ownKey || keyShown) return { newKey: null, createdAt }
  await removeUnshown(ports)
  const { key } = await createKey(ports, operator, { id: firstKeyId, sha256: null, settings: everything })
  return { newKey: key, createdAt }
}

/** Call once the key stands where the operator reads it. */
export async function markKeyShown(ports: Pick<Ports, "records">): Promise<void> {
  const found = await ports.records.get<Install>(installId)
  if (found !== undefined) await ports.records.put({ id: installId, body: { ...found.body, keyShown: true } })
}

/** Of several processes that start at once over one store, the first to write decides. */
async function mark(ports: Ports): Promise<Install> {
  const createdAt = new Date(ports.clock.now()).toISOString()
  const body: Install = { createdAt, keyShown: false, sealed: ports.secrets.seal(sealedText, installId) }
  const put = await ports.records.put<Install>({ id: installId, body }, { absent: true })
  return put.won ? body : (put.current?.body ?? body)
}

/** A relay that cannot open its credentials would take every mail server for one that refuses them. */
function checkMasterKey(ports: Pick<Ports, "secrets">, { sealed }: Install): void {
  try {
    ports.secrets.open(sealed, installId)
  } catch (cause) {
    throw new RelayError("not_ready", "This store was sealed under another master key.", {
      fix: "Set POSTRIDER_MASTER_KEY to the key it was made with, or list that one after a new one.",
      cause,
    })
  }
}

/** The mark comes last: until it is written the next start does all of it again. */
async function rotate(ports: Ports): Promise<void> {
  await resealStore(ports)
  await updateRecord<Install>(ports.records, installId, ({ body }) => ({
    id: installId,
    body: { ...body, sealed: ports.secrets.seal(sealedText, installId) },
  }))
  ports.log.info("master_key.rotated", {})
}

async function removeUnshown(ports: Ports): Promise<void> {
  const pointer = await ports.records.get(keyPointerId(firstKeyId))
  if (pointer !== undefined) await deleteKey(ports, operator, { id: firstKeyId, when: undefined })
}

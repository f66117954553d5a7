/** Attachments over this are stored decoded when first asked for; smaller ones are cut from the raw mail each time. */
export const maxCutBytes: number = 4 * 1024 * 1024

export interface MailKeys {
  raw: string
  event: string
}

/** Keys of a received mail; `at` is when the server got it, so that a repeated run finds the same place. */
export function mailKeys(account: string, id: string, at: number): MailKeys {
  const folder = `inbound/${account}/${new Date(at).toISOString().slice(0, 10)}/${id}`
  return { raw: `${folder}/raw.eml`, event: `${folder}/event.json` }
}

/** Key of a decoded attachment beside the mail's other files. */
export function attachmentKey(eventKey: string, attachment: { index: number; filename: string | null }): string {
  const folder = eventKey.slice(0, eventKey.lastIndexOf("/"))
  const name = (attachment.filename ?? "").replace(/[^A-Za-z0-9._-]+/g, "-").slice(-80)
  return `${folder}/attachments/${attachment.index}-${name === "" ? "file" : name}`
}

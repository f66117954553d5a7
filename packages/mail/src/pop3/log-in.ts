import type { MailServer } from "@postrider/core/ports/mail-server"
import { mechanisms, type Pop3Capabilities } from "@postrider/pop3/capabilities"
import type { Pop3Client } from "@postrider/pop3/client"
import { faultError } from "../fault/fault-error.ts"
import { newFault } from "../fault/new-fault.ts"
import { noTokenLogin } from "./login-fault.ts"

/** A name and a secret are there: nothing is dialled without. */
export function requireCredentials({ credentials }: MailServer): NonNullable<MailServer["credentials"]> {
  const secret = credentials?.kind === "token" ? credentials.accessToken : credentials?.password
  if (credentials === null || secret === "" || credentials.username === "") {
    throw faultError(newFault("auth", "auth", { fix: "set username and password", misconfigured: true }))
  }
  return credentials
}

/** One mechanism, one try (mail-rules F3). Resolves with the capabilities that hold for the user. */
export async function logIn(client: Pop3Client, server: MailServer): Promise<Pop3Capabilities> {
  const credentials = requireCredentials(server)
  const offered = await client.capa()
  const names = mechanisms(offered)
  if (
    credentials.kind === "token" &&
    offered.size > 0 &&
    !names.includes("XOAUTH2") &&
    !names.includes("OAUTHBEARER")
  ) {
    throw faultError(noTokenLogin(server))
  }
  await client.login(credentials)
  return perUser(offered) ? client.capa() : offered
}

/** RFC 2449 sections 6.5 and 6.7: the value differs by user and is told after the login. */
const perUser = (offered: Pop3Capabilities): boolean =>
  ["LOGIN-DELAY", "EXPIRE"].some((tag) => offered.get(tag)?.some((argument) => argument.toUpperCase() === "USER"))

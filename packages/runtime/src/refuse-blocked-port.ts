import { RelayError } from "@postrider/core/error/relay-error"
import type { VetAddress } from "@postrider/core/ports/mail-server"

const blockedPort = 25

/**
 * AWS lets nothing out of Lambda on port 25 unless it lifted that for the account, and drops the packets instead of refusing them.
 * So that nobody waits for a timeout that looks like a dead server, such a dial is refused at once, with its own code.
 * @param allowPorts 25 in it says that the restriction was lifted (POSTRIDER_ALLOW_PORTS).
 */
export function refuseBlockedPort(vet: VetAddress, allowPorts: readonly number[]): VetAddress {
  if (allowPorts.includes(blockedPort)) return vet
  return async (target, signal) => {
    if (target.purpose === "mail" && target.port === blockedPort) throw blocked()
    return vet(target, signal)
  }
}

function blocked(): RelayError {
  const fix =
    "Use port 465 or 587, or ask AWS to lift the restriction of port 25 and set POSTRIDER_ALLOW_PORTS=25 on the functions."
  return new RelayError("address_not_allowed", "AWS Lambda does not let mail out on port 25.", {
    fix,
    fault: {
      class: "address_not_allowed",
      stage: "connect",
      code: "smtp_port_blocked_on_lambda",
      enhancedCode: null,
      response: null,
      fix,
      misconfigured: true,
    },
  })
}

import { deaths, registerProtocols } from "../../contracts/protocols.contract.ts"
import { embedded } from "../../support/engines-under-test.ts"

registerProtocols("embedded", embedded, { moments: deaths, costly: true })

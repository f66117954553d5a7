import { registerProtocols } from "../../contracts/protocols.contract.ts"
import { embedded, lagging, memory } from "../../support/engines-under-test.ts"

registerProtocols("memory", memory)
registerProtocols("memory whose indexes lag", lagging)
registerProtocols("embedded", embedded)

import type { Api, ApiDeps } from "../../env.ts"
import { cancelMessageRoute } from "./cancel-message.ts"
import { getMessageRoute } from "./get-message.ts"
import { holdMessageRoute } from "./hold-message.ts"
import { listAttemptsRoute } from "./list-attempts.ts"
import { listMessagesRoute } from "./list-messages.ts"
import { readAttachmentRoute } from "./read-attachment.ts"
import { readRawRoute } from "./read-raw.ts"
import { releaseMessageRoute } from "./release-message.ts"
import { retryMessageRoute } from "./retry-message.ts"
import { sendMessageRoute } from "./send-message.ts"

export function messageRoutes(app: Api, deps: ApiDeps): void {
  sendMessageRoute(app, deps)
  listMessagesRoute(app, deps)
  getMessageRoute(app, deps)
  readRawRoute(app, deps)
  readAttachmentRoute(app, deps)
  listAttemptsRoute(app, deps)
  retryMessageRoute(app, deps)
  cancelMessageRoute(app, deps)
  holdMessageRoute(app, deps)
  releaseMessageRoute(app, deps)
}

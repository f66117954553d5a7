import { type CommandHandler, meetFault, needs, say } from "./session.ts"
import { CommandSyntaxError } from "./tokens.ts"

/** IDLE (RFC 2177): tells of new and vanished messages at once, until the client says DONE. */
export const idle: CommandHandler = async (session) => {
  needs(session, "IDLE")
  await meetFault(session, "idle")
  const { view, talk } = session
  let telling = Promise.resolve()
  const tell = async () => {
    for (const line of view?.update() ?? []) await say(session, line)
  }
  await say(session, "+ idling")
  await tell()
  view?.onChange(() => {
    // The reader below notices a connection that is gone; this one has only to stop.
    telling = telling.then(tell).catch(() => view.onChange(undefined))
  })
  try {
    const line = (await talk.hear()).toString("latin1")
    if (line.trim().toUpperCase() !== "DONE") throw new CommandSyntaxError("expected DONE")
  } finally {
    view?.onChange(undefined)
    await telling
  }
  return "Idle completed"
}

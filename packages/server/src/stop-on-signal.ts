/**
 * Ends gracefully on SIGINT and SIGTERM. A second signal ends at once: what was accepted is durable and found again at the next
 * start. The exit code is left to the event loop running empty.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false
  const onSignal = (): void => {
    // Twice: whoever presses Ctrl-C again means it.
    if (stopping) process.exit(130)
    stopping = true
    stop().catch((error: unknown) => {
      process.stderr.write(`Stopping failed: ${String(error)}\n`)
      process.exit(1)
    })
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
}

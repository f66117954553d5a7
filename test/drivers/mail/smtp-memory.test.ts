import { createServer } from "node:net"
import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createClock } from "@postrider/runtime/clock"
import { expect, it } from "vitest"
import { outcomes, requestTo, serverAt } from "../../contracts/mail-sender/harness.ts"
import { loopback } from "../../support/loopback.ts"
import { measureBuffers } from "../../support/measure-buffers.ts"

const size = 50_000_000
const chunk = Buffer.from(`${"x".repeat(76)}\r\n`.repeat(800))

/** Takes a mail and forgets it. */
const sink = createServer((socket) => {
  let taking = false
  let tail = ""
  socket.on("error", () => socket.destroy())
  socket.write("220 sink\r\n")
  socket.on("data", (octets) => {
    tail = (tail + octets.subarray(-5).toString("latin1")).slice(-5)
    if (taking && tail !== "\r\n.\r\n") return
    const said = taking ? "250 taken" : octets.toString().startsWith("DATA") ? "354 go on" : "250 fine"
    taking = said.startsWith("354")
    socket.write(`${said}\r\n`)
  })
})

it("a mail of 50 MB is sent without being held in memory", async () => {
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve))
  const address = sink.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const sender = createSmtpSender({ vet: loopback, clock: createClock() })
  const memory = measureBuffers()
  const body = async function* () {
    for (let at = 0; at < size; at += chunk.length) {
      memory.sample()
      yield chunk
    }
  }
  const request = requestTo(serverAt(address.port), { body, size, deadline: Date.now() + 3_600_000 })
  expect(outcomes(await sender.send(request))).toEqual(["bob accepted 250"])
  expect(memory.grownBytes()).toBeLessThan(8_000_000)
  await sender.close()
  await new Promise((resolve) => sink.close(resolve))
})

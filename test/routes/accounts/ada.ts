/** An account with a server each way. */
export const ada = {
  id: "ada",
  email: "ada@demo.test",
  smtp: { host: "smtp.demo.test", port: 465, username: "ada", password: "smtp-secret" },
  imap: { host: "imap.demo.test", port: 993, username: "ada", password: "imap-secret" },
}

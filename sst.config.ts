/// <reference path="./.sst/platform/config.d.ts" />

// `npx sst deploy --stage production`. What differs between stages stands in infra/defaults.ts.
export default $config({
  app(input) {
    const lasting = input.stage === "production"
    return { name: "postrider", home: "aws", removal: lasting ? "retain" : "remove", protect: lasting }
  },
  async run() {
    const { Postrider } = await import("./infra/postrider.ts")
    const { stages } = await import("./infra/defaults.ts")
    const mail = new Postrider("Mail", stages[$app.stage] ?? {})
    return { url: mail.url, key: mail.key }
  },
})

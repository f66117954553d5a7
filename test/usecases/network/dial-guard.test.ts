import { createDialGuard } from "@postrider/core/network/dial-guard"
import type { ResolvedAddress } from "@postrider/core/ports/name-resolver"
import { describe, expect, test } from "vitest"

const names: Record<string, string[]> = {
  "public.test": ["93.184.216.34", "2606:2800:220:1::1"],
  "mixed.test": ["93.184.216.34", "10.0.0.1"],
  "private.test": ["10.1.2.3"],
  "rebound.test": ["169.254.169.254"],
  "odd.test": ["not an address"],
  "empty.test": [],
  localhost: ["::1", "127.0.0.1"],
  "xn--bcher-kva.test": ["93.184.216.34"],
}

function address(text: string): ResolvedAddress {
  return { address: text, family: text.includes(":") ? 6 : 4 }
}

function guard(options: { allowNetworks?: string[]; allowPorts?: number[]; webhookPorts?: number[] } = {}) {
  const asked: string[] = []
  const vet = createDialGuard({
    resolver: {
      resolve: async (host) => {
        asked.push(host)
        return (names[host] ?? []).map(address)
      },
    },
    allowNetworks: [],
    allowPorts: [],
    webhookPorts: [443, 8443],
    ...options,
  })
  return { vet, asked }
}

const refused = { name: "RelayError", code: "address_not_allowed" }

const blocked = [
  // This host
  ...["127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433"],
  ...["017700000001", "127.0.0.1.", "127。0。0。1", "１２７.0.0.1", "0", "0.0.0.0", "0.1.2.3", "::", "::1"],
  ...["[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1"],
  ...["64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "localhost"],
  // Metadata and the platform
  ...["169.254.169.254", "169.254.170.2", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "::ffff:169.254.169.254"],
  ...[
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fd00:ec2::254",
    "168.63.129.16",
    "::ffff:168.63.129.16",
  ],
  // Private and shared
  ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"],
  ...["::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "012.0.0.1", "0xa.0.0.1", "10.1", "192.168.257"],
  // Protocols, documentation, benchmarks, multicast, reserved
  ...["192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"],
  ...["203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  // IPv6 that is not public
  ...["fe80::1", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "5f00::1", "64:ff9b:1::1"],
  ...["2001::1", "2001:0:53aa:64c::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1"],
  ...["3fff::1", "3fff:fff::1", "4000::1", "8000::1", "::2"],
  // No hosts at all
  ...[
    "",
    " ",
    "127.0.0.1:25",
    "user@public.test",
    "public.test/path",
    "public.test#a",
    "public.test?x",
    "fe80::1%eth0",
  ],
  ...["1.2.3.4.5", "256.1.1.1", "::1::", "[::1", "%31%32%37.0.0.1", "a\\b"],
]

const open = [
  ...[
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
  ],
  ...["128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0"],
  ...["198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "168.63.129.17", "134744072", "0x08080808"],
  ...["2606:4700:4700::1111", "2a00:1450::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "3ffe::1"],
  ...["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::808:808", "public.test", "PUBLIC.test", "bücher.test"],
]

describe("what may be dialled", () => {
  test("the table has at least 80 spellings and none twice", () => {
    expect(blocked.length + open.length).toBeGreaterThan(120)
    expect(new Set([...blocked, ...open]).size).toBe(blocked.length + open.length)
  })

  test.each(blocked)("N1: %j is refused for mail and webhooks", async (host) => {
    const { vet } = guard()
    await expect(vet({ host, port: 25, purpose: "mail" })).rejects.toMatchObject(refused)
    await expect(vet({ host, port: 443, purpose: "http" })).rejects.toMatchObject(refused)
  })

  test.each(open)("N1: %j is dialled", async (host) => {
    const { vet } = guard()
    await expect(vet({ host, port: 993, purpose: "mail" })).resolves.not.toHaveLength(0)
    await expect(vet({ host, port: 8443, purpose: "http" })).resolves.not.toHaveLength(0)
  })
})

describe("names", () => {
  test("every address of a name must pass", async () => {
    const { vet } = guard()
    for (const host of ["mixed.test", "private.test", "rebound.test", "odd.test", "empty.test"]) {
      await expect(vet({ host, port: 443, purpose: "http" })).rejects.toMatchObject(refused)
    }
  })

  test("a name that passes comes back as its addresses", async () => {
    const { vet, asked } = guard()
    const found = await vet({ host: "Public.TEST", port: 443, purpose: "http" })
    expect(found.map((one) => one.address)).toEqual(names["public.test"])
    expect(asked).toEqual(["public.test"])
  })

  test("an address is never asked of the resolver", async () => {
    const { vet, asked } = guard()
    await vet({ host: "0x08080808", port: 443, purpose: "http" })
    expect(asked).toEqual([])
  })

  test("refusals are alike and hold no address", async () => {
    const { vet } = guard()
    const answers = await Promise.all(
      ["private.test", "rebound.test", "127.0.0.1", "empty.test", "a b"].map((host) =>
        vet({ host, port: 443, purpose: "http" }).catch((error: Error) => `${error.message}`),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).not.toMatch(/[0-9]/)
  })
})

describe("ports", () => {
  test.each([25, 465, 587, 2525, 2465, 2587, 143, 993, 110, 995])("N1: mail may use port %i", async (port) => {
    await expect(guard().vet({ host: "public.test", port, purpose: "mail" })).resolves.toHaveLength(2)
  })

  test.each([22, 80, 443, 3306, 6379, 0, -1, 65_536, 25.5])("N1: mail may not use port %d", async (port) => {
    await expect(guard().vet({ host: "public.test", port, purpose: "mail" })).rejects.toMatchObject(refused)
  })

  test("N1: another mail port is opened by POSTRIDER_ALLOW_PORTS, for mail alone", async () => {
    const { vet } = guard({ allowPorts: [1025] })
    await expect(vet({ host: "public.test", port: 1025, purpose: "mail" })).resolves.toHaveLength(2)
    await expect(vet({ host: "public.test", port: 1025, purpose: "http" })).rejects.toMatchObject(refused)
    await expect(vet({ host: "private.test", port: 1025, purpose: "mail" })).rejects.toMatchObject(refused)
  })

  test("webhooks use https on the webhook ports alone", async () => {
    const { vet } = guard()
    await expect(vet({ host: "public.test", port: 8443, purpose: "http" })).resolves.toHaveLength(2)
    await expect(vet({ host: "public.test", port: 25, purpose: "http" })).rejects.toMatchObject(refused)
    await expect(vet({ host: "public.test", port: 443, purpose: "http", tls: false })).rejects.toMatchObject(refused)
  })
})

describe("networks of the operator", () => {
  test("open any port and plain http into themselves, and nothing else", async () => {
    const { vet } = guard({ allowNetworks: ["10.0.0.0/8", "fd12::/16"] })
    await expect(vet({ host: "private.test", port: 8080, purpose: "http", tls: false })).resolves.toHaveLength(1)
    await expect(vet({ host: "::ffff:10.0.0.1", port: 1143, purpose: "mail" })).resolves.toHaveLength(1)
    await expect(vet({ host: "fd12::1", port: 1143, purpose: "mail" })).resolves.toHaveLength(1)
    await expect(vet({ host: "mixed.test", port: 443, purpose: "http" })).resolves.toHaveLength(2)
    await expect(vet({ host: "mixed.test", port: 8080, purpose: "http" })).rejects.toMatchObject(refused)
    await expect(vet({ host: "192.168.0.1", port: 25, purpose: "mail" })).rejects.toMatchObject(refused)
  })

  test("localhost is what the operator opened of it", async () => {
    const { vet } = guard({ allowNetworks: ["127.0.0.0/8"] })
    expect(await vet({ host: "localhost", port: 2525, purpose: "mail" })).toEqual([{ address: "127.0.0.1", family: 4 }])
  })

  test.each(["127.0.0.1", "169.254.169.254", "168.63.129.16", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe"])(
    "a wide network does not open %s",
    async (host) => {
      const { vet } = guard({ allowNetworks: ["0.0.0.0/0", "::/0", "64.0.0.0/2", "64:ff9b::/96", "::ffff:0:0/96"] })
      await expect(vet({ host, port: 443, purpose: "http" })).rejects.toMatchObject(refused)
    },
  )

  test.each([
    ["127.0.0.1", "127.0.0.0/8"],
    ["127.0.0.1", "127.0.0.1"],
    ["169.254.169.254", "169.254.169.254/32"],
    ["::1", "::1/128"],
    ["fe80::1", "fe80::/10"],
  ])("%s is opened by %s", async (host, network) => {
    const { vet } = guard({ allowNetworks: [network] })
    await expect(vet({ host, port: 4000, purpose: "http", tls: false })).resolves.toHaveLength(1)
  })

  test.each(["10.0.0.0/33", "10.0.0/8", "::/129", "ten", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/08", ""])(
    "%j is refused at start",
    (network) => {
      expect(() => guard({ allowNetworks: [network] })).toThrow(/no network/)
    },
  )
})

import { BlockList, isIP } from "node:net"

/** Whether a caller's address lies in one of the addresses or CIDR blocks. IPv4 written as IPv6 (`::ffff:1.2.3.4`) counts as IPv4. */
export function addressAllowed(address: string | null, blocks: readonly string[]): boolean {
  if (address === null) return false
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "")
  const kind = isIP(plain)
  if (kind === 0) return false
  const list = new BlockList()
  for (const block of blocks) addBlock(list, block)
  return list.check(plain, kind === 4 ? "ipv4" : "ipv6")
}

/** Whether the text is an IP address or a CIDR block. */
export function isBlock(text: string): boolean {
  const [base = "", bits, ...rest] = text.split("/")
  const kind = isIP(base)
  if (kind === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128))
}

function addBlock(list: BlockList, block: string): void {
  if (!isBlock(block)) return
  const [base = "", bits] = block.split("/")
  const family = isIP(base) === 4 ? "ipv4" : "ipv6"
  list.addSubnet(base, bits === undefined ? (family === "ipv4" ? 32 : 128) : Number(bits), family)
}

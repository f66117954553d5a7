export interface ResolvedAddress {
  address: string
  family: 4 | 6
}

/** DNS. @throws RelayError `provider/unavailable` with a fault of class `dns`; `misconfigured` when the name does not exist. */
export interface NameResolver {
  resolve(host: string, signal?: AbortSignal): Promise<ResolvedAddress[]>
}

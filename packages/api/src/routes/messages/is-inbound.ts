/** Ids tell the direction of a message by their prefix. */
export const isInbound = (id: string): boolean => id.startsWith("in_")

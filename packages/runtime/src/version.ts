import manifest from "../../../package.json" with { type: "json" }

/** Of the product, as released. */
export const version: string = manifest.version

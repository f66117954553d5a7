import type { ByteStream } from "@postrider/core/ports/content-store"

export interface Download {
  body: ByteStream
  size?: number
  filename: string
  contentType: string
}

/** Bytes of a stranger's making, to be saved and never shown in place: no browser runs or sniffs them (mail-rules O2). */
export function download({ body, size, filename, contentType }: Download): Response {
  return new Response(ReadableStream.from(body), {
    headers: {
      "Content-Type": contentType,
      ...(size === undefined ? {} : { "Content-Length": String(size) }),
      "Content-Disposition": disposition(filename),
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "X-Content-Type-Options": "nosniff",
    },
  })
}

/** RFC 6266, with the name as `filename*` (RFC 8187) beside a plain one for old clients. */
function disposition(filename: string): string {
  const plain = filename.replace(/[^\w.()+ -]/g, "_")
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

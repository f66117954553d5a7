import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { describe, expect, it } from "vitest"

const root = resolve(import.meta.dirname, "..")
const packages = readdirSync(join(root, "packages"))

interface Source {
  /** Path from the root. */
  path: string
  package: string
  text: string
  lines: number
  imports: string[]
}

function walk(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : walk(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : []
  })
}

const sources: Source[] = packages.flatMap((name) =>
  walk(join(root, "packages", name, "src")).map((file) => {
    const text = readFileSync(file, "utf8")
    const statements = text.matchAll(/^\s*(?:import|export)\s(?:[^"]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm)
    const imports = [...statements].map((m) => m[1] ?? m[2] ?? "")
    return { path: relative(root, file), package: name, text, lines: text.split("\n").length - 1, imports }
  }),
)

/** Who may import whom; every arrow ends in core. */
const allowed: Record<string, string[]> = {
  core: [],
  pop3: [],
  client: [],
  sandbox: [],
  api: ["core"],
  engines: ["core"],
  mail: ["core", "pop3"],
  webhook: ["core"],
  runtime: ["core", "engines", "mail", "webhook"],
  server: ["core", "api", "runtime", "engines", "sandbox"],
  cli: ["client", "sandbox", "server"],
  console: [],
}

describe("architecture", () => {
  it("every package is in the table of arrows", () => {
    expect(packages.filter((name) => allowed[name] === undefined)).toEqual([])
  })

  it("imports follow the arrows, towards core", () => {
    const wrong = sources.flatMap((source) =>
      source.imports.flatMap((target) => {
        const other = /^@postrider\/([^/]+)/.exec(target)?.[1]
        return other === undefined || allowed[source.package]?.includes(other) ? [] : [`${source.path} -> ${target}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  it("relative imports stay inside their package and name the file", () => {
    const wrong = sources.flatMap((source) =>
      source.imports.flatMap((target) => {
        if (!target.startsWith(".")) return []
        const file = relative(root, resolve(root, dirname(source.path), target))
        const inside = file.startsWith(join("packages", source.package)) || file === "package.json"
        return inside && /\.(ts|tsx|json|css)$/.test(target) ? [] : [`${source.path} -> ${target}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  it("core imports nothing from outside: no SDK, no node:*, no library", () => {
    const wrong = sources.flatMap((source) =>
      source.package === "core"
        ? source.imports.filter((t) => !t.startsWith(".")).map((t) => `${source.path} -> ${t}`)
        : [],
    )
    expect(wrong).toEqual([])
  })

  it("pop3 imports only Node itself", () => {
    const wrong = sources.flatMap((source) =>
      source.package === "pop3" ? source.imports.filter((t) => !t.startsWith(".") && !t.startsWith("node:")) : [],
    )
    expect(wrong).toEqual([])
  })

  it("core touches no clock, randomness, environment, console, timer or network but through ports", () => {
    const banned =
      /\b(process\.|Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|console\.|(?<!\.)\bfetch\(|crypto\.|performance\.)/
    const wrong = sources.flatMap((source) => {
      if (source.package !== "core") return []
      const code = source.text
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/^\s*\/\/.*$/gm, "")
        .replace(/^\s+fetch\(.*\): .*$/gm, "")
      const found = banned.exec(code)
      return found === null ? [] : [`${source.path}: ${found[0]}`]
    })
    expect(wrong).toEqual([])
  })

  it("nothing imports the tests", () => {
    expect(sources.filter((s) => s.imports.some((t) => /(^|\/)test\//.test(t))).map((s) => s.path)).toEqual([])
  })

  it("there are no barrels", () => {
    const wrong = sources.filter((s) => /\/index\.ts$/.test(s.path) || /^export \*/m.test(s.text)).map((s) => s.path)
    expect(wrong).toEqual([])
  })

  it("there are no drawers named utils, helpers or common", () => {
    expect(
      sources.filter((s) => /(^|\/)(utils?|helpers?|common|misc|shared)(\/|\.ts)/.test(s.path)).map((s) => s.path),
    ).toEqual([])
  })

  it("there are no import cycles between files of a package, types apart", () => {
    const graph = new Map(sources.map((s) => [s.path, valueImports(s)]))
    expect(cyclesOf(graph)).toEqual([])
  })

  it("files are kebab-case", () => {
    const wrong = sources.filter((s) => !/^[a-z0-9-]+(\.d)?\.tsx?$/.test(s.path.slice(s.path.lastIndexOf("/") + 1)))
    expect(wrong.map((s) => s.path)).toEqual([])
  })

  it("files are small: median 80 lines, 95th percentile 250, none over 400", () => {
    const sizes = sources.map((s) => s.lines).sort((a, b) => a - b)
    expect(sources.filter((s) => s.lines > 400).map((s) => `${s.path}: ${s.lines}`)).toEqual([])
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(80)
    expect(sizes[Math.floor(sizes.length * 0.95)]).toBeLessThanOrEqual(250)
  })

  it("the top level holds what the design names and nothing else", () => {
    const known = new Set(
      "package.json package-lock.json tsconfig.json sst.config.ts README.md LICENSE CHANGELOG.md biome.json knip.json vitest.config.ts functions infra packages test node_modules data dist".split(
        " ",
      ),
    )
    expect(readdirSync(root).filter((name) => !name.startsWith(".") && !known.has(name))).toEqual([])
  })

  it("the lockfile names no registry but the public one, and a checksum for each package", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>
    }
    const fetched = Object.entries(lock.packages).filter(([path, { link }]) => path.includes("node_modules/") && !link)
    // Without an address npm asks the registry it is set up with.
    const ours = (resolved: string | undefined): boolean => resolved?.startsWith("https://registry.npmjs.org/") ?? true
    const wrong = fetched.filter(([, { resolved, integrity }]) => integrity === undefined || !ours(resolved))
    expect(wrong.map(([path]) => path)).toEqual([])
  })

  it("the lockfile has the packages of every platform, without which npm ci refuses it", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>
    }
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
      ),
    )
    expect(missing).toEqual([])
  })

  it("there is one nodemailer in the tree, 10.6.0 or newer (older ones have known holes)", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version?: string }>
    }
    const found = Object.entries(lock.packages).filter(([path]) => path.endsWith("node_modules/nodemailer"))
    expect(found.map(([path]) => path)).toEqual(["node_modules/nodemailer"])
    const [major = 0, minor = 0] = (found[0]?.[1].version ?? "").split(".").map(Number)
    expect(major * 1000 + minor).toBeGreaterThanOrEqual(10_006)
  })
})

/** Imports that exist at run time; a cycle of types alone does no harm. */
function valueImports(source: Source): string[] {
  const statements = source.text.matchAll(/^\s*import\s+(type\s+)?([^"]*?)from\s+"(\.[^"]+)"/gm)
  return [...statements].flatMap(([, typeOnly, names = "", target = ""]) => {
    const onlyTypes = typeOnly !== undefined || /^\{(\s*type\s[^,}]*,?)+\s*\}\s*$/.test(names.trim())
    return onlyTypes ? [] : [relative(root, resolve(root, dirname(source.path), target))]
  })
}

function cyclesOf(graph: Map<string, string[]>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "))
      return
    }
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

import type { AccountRecord, SmtpRoute } from "../account/account.ts"

export type RouteChoice =
  | { kind: "route"; route: SmtpRoute }
  /** None may be used now; look again at `until`. */
  | { kind: "wait"; reason: "account_paused" | "route_paused" | "no_healthy_route" | "credentials"; until: number }

/**
 * The route for the next attempt: the one asked for, else the lowest priority that may be used now, by weight among equals.
 * `draw` is a uniform number in [0, 1).
 */
export function chooseRoute(
  account: AccountRecord,
  request: { route: string | null; now: number; draw: number; excluded?: ReadonlySet<string> },
): RouteChoice {
  const { now, draw, excluded } = request
  const wanted = account.settings.smtp.filter((r) => request.route === null || r.name === request.route)
  const routes = wanted.filter((r) => excluded?.has(r.name) !== true)
  const running = routes.filter((r) => account.status[`smtp:${r.name}`]?.paused !== true)
  if (running.length === 0) {
    const reason = request.route === null ? "account_paused" : "route_paused"
    return { kind: "wait", reason: wanted.length === 0 ? "no_healthy_route" : reason, until: now + 5 * 60_000 }
  }
  const ready = running.filter((r) => (account.status[`smtp:${r.name}`]?.retryAt ?? 0) <= now)
  if (ready.length === 0) return { kind: "wait", ...soonest(account, running) }
  const first = Math.min(...ready.map((r) => r.priority))
  return {
    kind: "route",
    route: byWeight(
      ready.filter((r) => r.priority === first),
      draw,
    ),
  }
}

function soonest(
  account: AccountRecord,
  routes: SmtpRoute[],
): { reason: "credentials" | "no_healthy_route"; until: number } {
  const states = routes.map((r) => account.status[`smtp:${r.name}`])
  const refused = states.every((s) => s?.state === "auth_failed")
  return {
    reason: refused ? "credentials" : "no_healthy_route",
    until: Math.min(...states.map((s) => s?.retryAt ?? 0)),
  }
}

function byWeight(routes: SmtpRoute[], draw: number): SmtpRoute {
  const total = routes.reduce((sum, r) => sum + r.weight, 0)
  let left = draw * total
  for (const route of routes) {
    left -= route.weight
    if (left < 0) return route
  }
  const last = routes.at(-1)
  if (last === undefined) throw new RangeError("chooseRoute needs at least one route")
  return last
}

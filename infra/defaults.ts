import type { FunctionName, FunctionPlan } from "./lambda/functions.ts"

/** How a relay is set up. Every field has a default; see `stages` for what differs between stages of this app. */
export interface PostriderSettings {
  /** Where `functions/` lies, from the folder of `sst.config.ts`. */
  root?: string
  /** Unset: messages are kept for ever. */
  keepMessagesDays?: number
  /** Events can be pulled and replayed this long. Default 30. */
  keepEventsDays?: number
  /** More variables of the functions, such as POSTRIDER_ALLOW_PORTS. */
  environment?: Record<string, string>
  /** `url` (default) is a function URL, which costs nothing by itself; `http` an HTTP API, which can have a domain. */
  api?: "url" | "http"
  /** A domain of an HTTP API, with its DNS in Route 53 unless said otherwise. */
  domain?: sst.aws.ApiGatewayV2Args["domain"]
  /**
   * For a fixed egress address: the functions that dial go into a network of their own with a NAT instance (`ec2`) or gateway
   * (`managed`), or into yours. A NAT costs by the hour.
   */
  vpc?: "ec2" | "managed" | sst.aws.Vpc
  /** Most containers of one queue at a time, 2 to 1,000. Unset: as many as Lambda likes. */
  maxConcurrency?: number
  logRetention?: "1 week" | "1 month" | "3 months" | "1 year"
  /** Where alarms are mailed to. Without it they stand in CloudWatch alone. */
  alarmEmail?: string
  /** Made once and kept in the app's state unless given. */
  masterKey?: $util.Input<string>
  adminKey?: $util.Input<string>
  /** Memory and time of functions, where the defaults do not fit. */
  functions?: Partial<Record<FunctionName, Partial<Pick<FunctionPlan, "memoryMb" | "timeoutSeconds">>>>
}

/** Settings of the stages of this app; a stage that is not named has the defaults. */
export const stages: Record<string, PostriderSettings> = {
  production: { logRetention: "3 months" },
}

/** Resources that hold mail outlive a mistake, except where the app says that all of it may go. */
export const holdsOn = (): boolean => $app.removal !== "remove"

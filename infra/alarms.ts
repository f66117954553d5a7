import type { Parts } from "./function.ts"
import { type QueueName, queueNames } from "./lambda/functions.ts"

/** Seconds that the oldest job may wait. Polls are planned by the minute, so a poll that waits is a mailbox that lags. */
const oldestSeconds: Record<QueueName, number> = { outbound: 900, poll: 300, webhook: 900 }

interface Alarm {
  name: string
  about: string
  namespace: "AWS/SQS" | "AWS/Lambda"
  metric: string
  dimensions: Record<string, $util.Input<string>>
  statistic: "Maximum" | "Sum"
  threshold: number
  /** Periods of a minute. */
  minutes: number
  /** Alarms below the threshold, and where nothing is measured. */
  below?: boolean
}

/** What a human should hear of: dead letters, work that piles up, functions that fail, a clock that stands still. */
export function createAlarms(parts: Parts, functions: Record<string, sst.aws.Function>): aws.sns.Topic {
  const { name, settings } = parts
  const topic = new aws.sns.Topic(`${name}Alarms`)
  if (settings.alarmEmail !== undefined) {
    new aws.sns.TopicSubscription(`${name}AlarmMail`, {
      topic: topic.arn,
      protocol: "email",
      endpoint: settings.alarmEmail,
    })
  }
  const alarms = [...queueAlarms(parts), ...functionAlarms(functions), ...standStill(functions)]
  for (const alarm of alarms) createAlarm(name, alarm, topic)
  return topic
}

function queueAlarms({ queues, deadLetters }: Parts): Alarm[] {
  const sqs = { namespace: "AWS/SQS", statistic: "Maximum" } as const
  return queueNames.flatMap((queue) => [
    {
      ...sqs,
      name: `${queue}-dead-letters`,
      about: "Jobs that found no end wait for a human: GET /v1/dead_letters.",
      metric: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: deadLetters[queue].nodes.queue.name },
      threshold: 1,
      minutes: 1,
    },
    {
      ...sqs,
      name: queue === "poll" ? "poll-lag" : `${queue}-backlog`,
      about: `The oldest job waits for over ${oldestSeconds[queue]} s.`,
      metric: "ApproximateAgeOfOldestMessage",
      dimensions: { QueueName: queues[queue].nodes.queue.name },
      threshold: oldestSeconds[queue],
      minutes: 5,
    },
  ])
}

function functionAlarms(functions: Record<string, sst.aws.Function>): Alarm[] {
  return Object.entries(functions).map(([key, fn]) => ({
    name: `${key}-errors`,
    about: "The function failed or was cut off; its log says why.",
    namespace: "AWS/Lambda",
    metric: "Errors",
    dimensions: { FunctionName: fn.name },
    statistic: "Sum",
    threshold: 1,
    minutes: 3,
  }))
}

function standStill({ tick }: Record<string, sst.aws.Function>): Alarm[] {
  if (tick === undefined) return []
  const about = "No tick for five minutes: nothing is polled, nothing that waits goes on."
  const name = "tick-stands-still"
  const metric = { namespace: "AWS/Lambda", metric: "Invocations", statistic: "Sum" } as const
  return [{ ...metric, name, about, dimensions: { FunctionName: tick.name }, threshold: 1, minutes: 5, below: true }]
}

function createAlarm(name: string, alarm: Alarm, topic: aws.sns.Topic): void {
  new aws.cloudwatch.MetricAlarm(`${name}Alarm-${alarm.name}`, {
    alarmDescription: alarm.about,
    namespace: alarm.namespace,
    metricName: alarm.metric,
    dimensions: alarm.dimensions,
    statistic: alarm.statistic,
    comparisonOperator: alarm.below === true ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold",
    threshold: alarm.threshold,
    period: 60,
    evaluationPeriods: alarm.minutes,
    treatMissingData: alarm.below === true ? "breaching" : "notBreaching",
    alarmActions: [topic.arn],
    okActions: [topic.arn],
  })
}

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import { attemptsOf } from "./aws-fault.ts"
import { attribute, type Item, number, text, textIn } from "./record-item.ts"
import type { Requests } from "./requests.ts"

export interface TableParts {
  dynamodb: DynamoDBClient
  name: string
  requests: Requests
  clock: Clock
  ids: Ids
}

/** What stands there after a condition failed; absent when nothing does. `won` when our own try of before had written it. */
export type Written = { won: true; item: Item } | { won: false; item: Item | undefined }

export interface Table {
  /** Strongly consistent, expired ones too. */
  read(id: string): Promise<Item | undefined>
  /**
   * Writes on a condition. The SDK tries again when an answer is lost; then the condition fails because of our own write. Each
   * write leaves a random token in the item that tells the two apart.
   */
  put(item: Item, condition: Condition): Promise<Written>
  /** Answers with what it set. */
  update(id: string, change: Change): Promise<Written>
  /** Lost when the condition failed. */
  remove(id: string, condition?: Condition): Promise<{ won: boolean }>
}

export interface Condition {
  /** Uses `#x` for the attribute `x` of `names`, and `:x` for `values`. */
  text: string
  names: Record<string, string>
  values?: Item
}

export interface Change extends Condition {
  set: string
  writer: string
}

/** Holds for what is not expired; nothing at all is not expired either. */
export function liveAt(now: number): Condition {
  return {
    text: "(attribute_not_exists(#expires) OR #expires > :now)",
    names: { "#expires": attribute.expires },
    values: { ":now": number(now) },
  }
}

export function allOf(...conditions: readonly Condition[]): Condition {
  return {
    text: conditions.map((condition) => condition.text).join(" AND "),
    names: Object.assign({}, ...conditions.map(({ names }) => names)),
    values: Object.assign({}, ...conditions.map(({ values }) => values)),
  }
}

export function createTable({ dynamodb, name: TableName, requests }: TableParts): Table {
  async function read(id: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName, Key: { [attribute.id]: text(id) }, ConsistentRead: true })
    return (await requests.ask((abortSignal) => dynamodb.send(command, { abortSignal }))).Item
  }

  async function decide(id: string, writer: string, write: (signal: AbortSignal) => Promise<Item>): Promise<Written> {
    const lost = await requests.ask((signal) =>
      write(signal).then(
        (item): Written => ({ won: true, item }),
        (error: unknown) => {
          if (error instanceof ConditionalCheckFailedException) return error
          throw error
        },
      ),
    )
    if (!(lost instanceof ConditionalCheckFailedException)) return lost
    // DynamoDB shows the item that was in the way; stores like it may not.
    const item = lost.Item ?? (await read(id))
    return item !== undefined && textIn(item, attribute.writer) === writer ? { won: true, item } : { won: false, item }
  }

  return {
    read,
    put(item, condition) {
      const input: PutItemCommandInput = { TableName, Item: item, ...conditionOf(condition) }
      return decide(textIn(item, attribute.id) ?? "", textIn(item, attribute.writer) ?? "", async (abortSignal) => {
        await dynamodb.send(new PutItemCommand(input), { abortSignal })
        return item
      })
    },
    update(id, change) {
      const input: UpdateItemCommandInput = {
        TableName,
        Key: { [attribute.id]: text(id) },
        UpdateExpression: change.set,
        ReturnValues: "UPDATED_NEW",
        ...conditionOf(change),
      }
      return decide(id, change.writer, async (abortSignal) => {
        const { Attributes } = await dynamodb.send(new UpdateItemCommand(input), { abortSignal })
        return Attributes ?? {}
      })
    },
    remove: (id, condition) =>
      requests.ask(async (abortSignal) => {
        const Key = { [attribute.id]: text(id) }
        const command = new DeleteItemCommand({ TableName, Key, ...conditionOf(condition) })
        try {
          await dynamodb.send(command, { abortSignal })
          return { won: true }
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error
          // Nothing is left to hold a token: when an answer was lost, what is gone was most likely removed by us.
          return { won: attemptsOf(error) > 1 && (error.Item ?? (await read(id))) === undefined }
        }
      }),
  }
}

function conditionOf(condition: Condition | undefined) {
  if (condition === undefined) return {}
  const { text: expression, names, values } = condition
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: names,
    ...(values !== undefined && Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  }
}

import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { S3Client } from "@aws-sdk/client-s3"
import { SQSClient } from "@aws-sdk/client-sqs"

export type AwsService = "s3" | "dynamodb" | "sqs"

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface AwsAccess {
  /** Without it, as the environment says (AWS_REGION). */
  region?: string
  /** Other servers than AWS's own, each with its base URL. */
  endpoints?: Partial<Record<AwsService, string>>
  /** For a service that does not take the credentials of the environment. */
  credentials?: Partial<Record<AwsService, AwsCredentials>>
}

export interface AwsClients {
  s3: S3Client
  /** Signs URLs for others: a checksum of ours has no place in them. */
  signer: S3Client
  dynamodb: DynamoDBClient
  sqs: SQSClient
}

/** SQS holds a long poll for up to 20 s, and S3 a part of 5 MiB for as long as the line needs. */
const requestTimeoutMs: Record<AwsService, number> = { s3: 30_000, dynamodb: 5_000, sqs: 30_000 }

/** Clients that send nothing until asked. Each tries a request four times, with jitter, where trying again can help. */
export function createClients(access: AwsAccess): AwsClients {
  const custom = access.endpoints?.s3 !== undefined
  const s3 = { ...settingsOf("s3", access), forcePathStyle: custom }
  return {
    // Many S3-compatible stores refuse the checksums that the SDK adds by itself since 3.729.
    // Waiting for "100 Continue" keeps a part in memory for seconds after it was sent.
    s3: new S3Client({
      ...s3,
      expectContinueHeader: false,
      ...(custom ? { requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" } : {}),
    }),
    signer: new S3Client({ ...s3, requestChecksumCalculation: "WHEN_REQUIRED" }),
    dynamodb: new DynamoDBClient(settingsOf("dynamodb", access)),
    sqs: new SQSClient({ ...settingsOf("sqs", access), useQueueUrlAsEndpoint: access.endpoints?.sqs === undefined }),
  }
}

function settingsOf(service: AwsService, { region, endpoints, credentials }: AwsAccess) {
  const endpoint = endpoints?.[service]
  const given = credentials?.[service]
  return {
    maxAttempts: 4,
    retryMode: "standard",
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: requestTimeoutMs[service],
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 100 },
      httpsAgent: { keepAlive: true, maxSockets: 100 },
    },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(given !== undefined && { credentials: given }),
  }
}

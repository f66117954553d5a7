import { randomBytes } from "node:crypto"

/** A resource as SST asked Pulumi for it. */
export interface SstResource {
  type: string
  name: string
  inputs: Record<string, unknown>
}

export interface MockArgs {
  type: string
  name: string
  inputs: Record<string, unknown>
  custom?: boolean
}

const account = "123456789012"
const region = "eu-west-1"

/** What AWS would answer. Names are the logical ones: SST hashes ARNs into names, and the physical ones end in random letters. */
export function outputsOf({ type, name, inputs }: MockArgs): Record<string, unknown> {
  switch (type) {
    case "aws:s3/bucket:Bucket":
      return { arn: `arn:aws:s3:::${name}`, bucket: name, bucketDomainName: `${name}.s3.amazonaws.com` }
    case "aws:sqs/queue:Queue":
      return {
        arn: `arn:aws:sqs:${region}:${account}:${name}`,
        url: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
        name,
      }
    case "aws:dynamodb/table:Table":
      return { arn: `arn:aws:dynamodb:${region}:${account}:table/${name}`, name }
    case "aws:lambda/function:Function":
      return { arn: `arn:aws:lambda:${region}:${account}:function:${name}`, name, lastModified: "now", invokeArn: name }
    case "aws:lambda/functionUrl:FunctionUrl":
      return { functionUrl: `https://${name.toLowerCase()}.lambda-url.${region}.on.aws/` }
    case "aws:iam/role:Role":
      return { arn: `arn:aws:iam::${account}:role/${name}`, name }
    case "aws:apigatewayv2/api:Api":
      return {
        apiEndpoint: `https://${name.toLowerCase()}.execute-api.${region}.amazonaws.com`,
        executionArn: `arn:aws:execute-api:${region}:${account}:${name}`,
        arn: `arn:aws:apigateway:${region}::/apis/${name}`,
      }
    case "random:index/randomBytes:RandomBytes":
      return { base64: randomBytes(Number(inputs.length)).toString("base64") }
    case "random:index/randomPassword:RandomPassword":
      return { result: randomBytes(Number(inputs.length)).toString("hex").slice(0, Number(inputs.length)) }
    default:
      return { arn: `arn:mock:${type}:${name}` }
  }
}

export function answerOf({
  token,
  inputs,
}: {
  token: string
  inputs: Record<string, unknown>
}): Record<string, unknown> {
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { region, name: region, id: region }
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", dnsSuffix: "amazonaws.com", id: "aws" }
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: account, arn: `arn:aws:iam::${account}:root`, userId: "user", id: "user" }
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["a", "b", "c"].map((zone) => region + zone), id: region }
    case "aws:ec2/getAmi:getAmi":
      return { id: "ami-0", imageId: "ami-0" }
    case "aws:iam/getPolicyDocument:getPolicyDocument":
      return { ...inputs, id: "policy", json: JSON.stringify({ Version: "2012-10-17", Statement: statements(inputs) }) }
    default:
      return inputs
  }
}

interface Statement {
  effect?: string
  actions?: string[]
  resources?: string[]
  principals?: unknown
  conditions?: unknown
}

function statements(inputs: Record<string, unknown>): unknown[] {
  const given = Array.isArray(inputs.statements) ? (inputs.statements as Statement[]) : []
  return given.map(({ effect = "Allow", actions, resources, principals, conditions }) => ({
    Effect: effect,
    Action: actions,
    Resource: resources,
    Principal: principals,
    Condition: conditions,
  }))
}

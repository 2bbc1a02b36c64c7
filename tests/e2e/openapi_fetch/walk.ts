// Walk the four operations with openapi-fetch, typed by what openapi-typescript makes of openapi.yaml (api.d.ts).
import createClient from "openapi-fetch";

import type { components, paths } from "./api";

declare const process: { argv: string[]; env: Record<string, string | undefined> };

type Message = components["schemas"]["Message"];

const [baseUrl = "", id = "", agentId = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", process.env.BLINGER_TOKEN ?? "");
    return request;
  },
});
const params = { path: { id } };
const json = { "Content-Type": "application/json" };

function author(message: Message): string {
  return message.agent?.name ?? message.bot?.name ?? message.endUser?.id ?? "nobody";
}

const assigned = await client.POST("/conversation/{id}/assign-agent", { params, body: { agentId } });
const text = await client.POST("/conversation/{id}/send-text-message", {
  params,
  body: { uuid: "8b9c3a0e-5f4f-4c53-9f0b-0a7d1f6a2c11", text: "Hello" },
});
const file = await client.POST("/conversation/{id}/send-file-message", {
  params,
  body: { uuid: "0d2a4f7e-91b6-4f6a-8f0e-6b1c2d3e4f50", file: "https://example.com/invoice.pdf" },
});
const review = await client.POST("/conversation/{id}/request-review", { params });
const withEmptyBody = await client.POST("/conversation/{id}/request-review", { params, body: {}, headers: json });
const unknown = await client.POST("/conversation/{id}/request-review", { params: { path: { id: agentId } } });

// @ts-expect-error: a text needs a uuid
() => client.POST("/conversation/{id}/send-text-message", { params, body: { text: "Hello" } });
// @ts-expect-error: a request has no other properties
() => ({ agentId, name: "Vadim" }) satisfies components["schemas"]["AssignAgentRequest"];
// @ts-expect-error: the body may be null
() => text.data?.data.body.length;
// @ts-expect-error: nothing can be fetched
() => client.GET("/conversation/{id}/request-review", { params });

const status: 200 | undefined = text.data?.status;
const name: string | undefined = assigned.data?.data.assignedAgent?.name;
const url: string | undefined = file.data?.data.file?.url["default"];
const about: string | undefined = review.data?.data.review?.agent?.name;

console.log(
  JSON.stringify({
    assigned: { name, id: assigned.data?.data.id, status: assigned.response.status },
    text: { status, type: text.data?.data.type, body: text.data?.data.body, author: text.data && author(text.data.data) },
    file: { type: file.data?.data.type, ext: file.data?.data.file?.info.ext, url },
    review: { type: review.data?.data.type, about, author: review.data && author(review.data.data) },
    again: withEmptyBody.data?.data.type,
    unknown: { status: unknown.response.status, data: unknown.data ?? null, error: unknown.error },
  }),
);

// A relying party by remote control: it reads one call a line, as JSON, and answers each with a line of JSON.
//
// {"call": "client.discovery", "with": [{"$url": "https://…"}, "wiki"], "keep": "wiki"} calls a function of a package.
// In what is handed over, {"$kept": "wiki"} is what a call has kept under that name, {"$kept": "keys.publicKey"} a part
// of it, {"$of": "client.None"} something that a package offers, {"$url": …} an address, {"$headers": {…}} headers, and
// {"$form": {…}, "$at": …} a request with a form, as it arrives at an address of the application.
// The answer is {"value": …}, or {"error": {…}} with what the package says of it.
import { createInterface } from "node:readline";
import * as jose from "jose";
import * as client from "openid-client";

const packages = { client, jose };
const kept = {};

const found = (start, path) => path.split(".").reduce((place, step) => place[step], start);

function given(value) {
  if (Array.isArray(value)) return value.map(given);
  if (value === null || typeof value !== "object") return value;
  if ("$kept" in value) return found(kept, value.$kept);
  if ("$of" in value) return found(packages, value.$of);
  if ("$url" in value) return new URL(value.$url);
  if ("$headers" in value) return new Headers(value.$headers);
  if ("$form" in value) return new Request(value.$at, { method: "POST", body: new URLSearchParams(value.$form) });
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, given(one)]));
}

async function told(value) {
  if (value instanceof client.Configuration) return { server: value.serverMetadata(), client: value.clientMetadata() };
  if (value instanceof Response) return { status: value.status, text: await value.text() };
  if (typeof value?.claims === "function") return { ...value, claims: value.claims() };
  return typeof value === "function" ? null : (value ?? null); // and an address as its text
}

function explained({ name, message, code, error, error_description, status, cause }) {
  const challenges = Array.isArray(cause) ? cause : undefined;
  return { name, message, code, error, error_description, status, challenges, cause: cause?.message };
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    const value = await found(packages, asked.call)(...given(asked.with));
    if (asked.keep) kept[asked.keep] = value;
    answer = { value: await told(value) };
  } catch (fault) {
    answer = { error: explained(fault) };
  }
  console.log(JSON.stringify(answer));
}

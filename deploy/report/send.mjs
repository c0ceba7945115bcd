// Sends a report. Each attempt has a new signature, transient faults are retried, and the server's error messages are
// passed on.
import { setTimeout as wait } from "node:timers/promises";

import { Refused } from "./runner.mjs";
import { signedHeaders } from "./sign.mjs";

/** The longest pauses before the first retry and before any, in milliseconds. They double with each retry. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 4000;
/** The timeout of one attempt, in milliseconds. */
const TIMEOUT = 20_000;
/** How much of an answer is read, in bytes. */
const LARGEST_ANSWER = 64 * 1024;
/** The codes of faults after which nothing has reached the server. */
const UNREACHED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

/**
 * Sends a body until it is recorded or refused, and throws a `Refused` if it is not recorded. No attempt begins after
 * `patience` seconds. The functions of `world` can be replaced, so that tests need neither a network nor time.
 */
export async function send({ server, path, body, secret, patience }, world = { fetch, wait, now: Date.now }) {
  const end = world.now() + patience * 1000;
  let mayBeRecorded = false;
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt({ url: `${server}${path}`, path, body, secret }, world);
    // After an attempt whose answer was lost, a conflict means that this attempt recorded the report.
    if (result.isRecorded || (result.isConflict && mayBeRecorded)) return;
    const words = `the report of tests was not recorded: ${result.words}`;
    if (!result.isTransient) throw new Refused(words);
    mayBeRecorded ||= result.mayBeRecorded;
    const left = end - world.now();
    if (result.pause > 0 && result.pause * 1000 > left) {
      throw new Refused(`${words}; the server asks to wait ${result.pause} seconds, which is longer than \`patience\``);
    }
    if (left <= 0) {
      const often = attempts === 1 ? "" : `, ${attempts} times within the ${patience} seconds of \`patience\``;
      throw new Refused(`${words}${often}`);
    }
    // Between half of the pause and all of it, so that jobs that failed together do not retry together. The last
    // attempt begins at the very end.
    const own = Math.min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE) * (0.5 + Math.random() / 2);
    await world.wait(Math.min(Math.max(own, (result.pause ?? 0) * 1000), left));
  }
}

/** One attempt. `mayBeRecorded` says that the server may have recorded the report although the attempt failed. */
async function attempt({ url, path, body, secret }, world) {
  const { origin } = new URL(url);
  let response;
  try {
    response = await world.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...signedHeaders(secret, path, body) },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch (fault) {
    const mayBeRecorded = !UNREACHED.includes(fault.cause?.code);
    const broken = fault.name === "TimeoutError" ? "does not answer in time" : "broke the connection off";
    const what = mayBeRecorded ? broken : "cannot be reached";
    const words = `${origin} ${what} (${clean(fault.cause?.code || fault.cause?.message || fault.message)})`;
    return { isTransient: true, mayBeRecorded, words };
  }
  const { status } = response;
  if (status === 201) {
    await response.body?.cancel();
    return { isRecorded: true };
  }
  const words = `${origin} answers ${status}${await errorMessage(response)}`;
  if (status === 429 || status >= 500) {
    const pause = retryAfter(response.headers.get("Retry-After"));
    return { isTransient: true, mayBeRecorded: status !== 429, words, pause };
  }
  if (status === 409) {
    const remedy = "another job of this run has reported already: tell them apart by `platform` or `part`";
    return { isConflict: true, words: `${words}; ${remedy}` };
  }
  if (status >= 300 && status < 400) return { words: `${words}; set \`server\` to the address it moved to` };
  if (status === 401) return { words: `${words}; is it the secret that the server has for this owner or repository?` };
  if (status === 404) return { words: `${words}; is \`server\` the address of a badge server?` };
  return { words };
}

/** The seconds in a `Retry-After` header, which has seconds or a date. */
function retryAfter(header) {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

/** The message in an error answer, with a colon before it; empty if the body is not one of a badge server. */
async function errorMessage(response) {
  try {
    const { message, error_details: details = [] } = JSON.parse(await read(response));
    const codes = details.map(({ error_code: code, property_name: name }) => [code, name].filter(Boolean).join(" "));
    return `: ${clean(message)}${codes.length > 0 ? ` (${clean(codes.join(", "))})` : ""}`;
  } catch {
    return "";
  }
}

/** The body of an answer, up to a limit. */
async function read(response) {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LARGEST_ANSWER) break;
  }
  return text;
}

/** A single line of limited length, without control characters that would move the cursor of a terminal. */
function clean(text) {
  return String(text).replace(/\p{Cc}/gu, "").slice(0, 300);
}

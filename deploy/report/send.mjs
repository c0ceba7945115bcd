// Sending: every try is signed anew, faults are tried again, and what the server says is passed on.
import { setTimeout as wait } from "node:timers/promises";

import { Failure } from "./say.mjs";
import { signedHeaders } from "./sign.mjs";

/** Tries after the first. */
const RETRIES = 3;
/** The pause before the first of them, in milliseconds; it doubles each time. */
const PAUSE = 150;
/** How long one try may take, in milliseconds. */
const PATIENCE = 20_000;
/** The longest pause a server may ask for, in seconds; with a longer one the job would wait for nothing. */
const LONGEST_PAUSE = 60;
/** How much of an answer is read, in bytes. */
const LARGEST_ANSWER = 64 * 1024;
/** With these nothing has reached the server. */
const UNREACHED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

/**
 * Sends a body until it is recorded, and throws what the server or the network said where it is not.
 * `world` is `{ fetch, wait }`, so that tests need neither a network nor time.
 */
export async function send({ server, path, body, secret }, world = { fetch, wait }) {
  let mayBeRecorded = false;
  for (let retry = 0; ; retry += 1) {
    const tried = await attempt({ url: `${server}${path}`, path, body, secret }, world);
    if (tried.isRecorded || (tried.isKnown && mayBeRecorded)) return;
    if (!tried.isFault) throw new Failure(tried.words);
    mayBeRecorded ||= tried.isOpen;
    if (retry === RETRIES) throw new Failure(`${tried.words}, ${RETRIES + 1} times in a row`);
    if (tried.pause > LONGEST_PAUSE) {
      throw new Failure(`${tried.words}; the server asks to wait ${tried.pause} seconds, so try again later`);
    }
    // Between half of the pause and all of it, so that jobs which failed together do not come back together.
    const own = PAUSE * 2 ** retry * (0.5 + Math.random() / 2);
    await world.wait(tried.pause === undefined ? own : tried.pause * 1000);
  }
}

/** How one try ended. `isOpen` where it may have been recorded although nothing says so. */
async function attempt({ url, path, body, secret }, world) {
  const { origin } = new URL(url);
  let response;
  try {
    response = await world.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...signedHeaders(secret, path, body) },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (fault) {
    const isOpen = !UNREACHED.includes(fault.cause?.code);
    const broken = fault.name === "TimeoutError" ? "does not answer in time" : "broke the connection off";
    const what = isOpen ? broken : "cannot be reached";
    const words = `${origin} ${what} (${clean(fault.cause?.code || fault.cause?.message || fault.message)})`;
    return { isFault: true, isOpen, words };
  }
  const { status } = response;
  if (status === 201) {
    await response.body?.cancel();
    return { isRecorded: true };
  }
  const words = `${origin} answers ${status}${await said(response)}`;
  if (status === 429 || status >= 500) {
    return { isFault: true, isOpen: status !== 429, words, pause: pauseOf(response.headers.get("Retry-After")) };
  }
  if (status === 409) {
    const remedy = "another job of this run has reported already: tell them apart by `platform`";
    return { isKnown: true, words: `${words}; ${remedy}` };
  }
  if (status >= 300 && status < 400) return { words: `${words}; set \`server\` to the address it moved to` };
  if (status === 401) return { words: `${words}; is it the secret that the server has for this owner or repository?` };
  if (status === 404) return { words: `${words}; is \`server\` the address of a badge server?` };
  return { words };
}

/** Seconds or a date, in seconds from now. */
function pauseOf(header) {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

/** What the server says beside its status. */
async function said(response) {
  try {
    const { message, error_details: details = [] } = JSON.parse(await read(response));
    const codes = details.map(({ error_code: code, property_name: name }) => [code, name].filter(Boolean).join(" "));
    return `: ${clean(message)}${codes.length > 0 ? ` (${clean(codes.join(", "))})` : ""}`;
  } catch {
    return "";
  }
}

async function read(response) {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LARGEST_ANSWER) break;
  }
  return text;
}

/** One line of readable length, without what would move a terminal's cursor. */
function clean(text) {
  return String(text).replace(/\p{Cc}/gu, "").slice(0, 300);
}

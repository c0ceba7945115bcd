// The signature of a report, version 2. vectors.json has test vectors for it and for the string that is signed.
import { createHash, createHmac, randomBytes } from "node:crypto";

/** The string that is signed: six lines. The path has no query; the body is text or bytes. */
export function stringToSign({ timestamp, nonce, method, path, body }) {
  const digest = createHash("sha256").update(body).digest("hex");
  return ["v2", timestamp, nonce, method, decodeFully(path), digest].join("\n");
}

/** The value of X-Signature. */
export function sign(secret, request) {
  return `v2=${createHmac("sha256", secret).update(stringToSign(request)).digest("hex")}`;
}

/** The three headers of one attempt. They are valid for a few minutes and for one request. */
export function signedHeaders(secret, path, body) {
  const timestamp = new Date().toISOString();
  const nonce = randomBytes(16).toString("hex");
  const signature = sign(secret, { timestamp, nonce, method: "POST", path, body });
  return { "X-Signature": signature, "X-Timestamp": timestamp, "X-Nonce": nonce };
}

/** Encodes one segment of a path: everything but letters, digits and `-._~`. */
export function encodeSegment(text) {
  const encode = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, encode);
}

/** Decodes until nothing changes, so that a path is the same on both sides of a gateway that decodes it. */
export function decodeFully(text) {
  for (;;) {
    const decoded = decode(text);
    if (decoded === text) return text;
    text = decoded;
  }
}

/** Decodes once. Invalid UTF-8 becomes U+FFFD, as on the server. */
function decode(text) {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const digits = bytes.toString("latin1", at + 1, at + 3);
    const isEncoded = bytes[at] === 0x25 && /^[0-9a-f]{2}$/i.test(digits);
    bytes[length] = isEncoded ? Number.parseInt(digits, 16) : bytes[at];
    length += 1;
    if (isEncoded) at += 2;
  }
  return bytes.toString("utf8", 0, length);
}

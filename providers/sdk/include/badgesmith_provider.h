/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The interface between BadgeSmith (the host) and a provider, version 1: this file is its complete specification. It
 * is frozen: a change that this file does not allow needs another version, with another symbol. Whatever a later
 * version of this file adds is optional, and a provider that does not know it never receives it.
 *
 * A provider is a pure function. It is called with a call (what is wanted, and the answers so far) and returns a step:
 * what it needs to ask first, the finished badge, or why there is none. The host repeats the call with more answers
 * until the provider is done. A provider keeps no state, opens no connection and reads no clock. It may be called from
 * several threads at once, and must return within two seconds.
 *
 * The library exports one symbol, badgesmith_provider_v1. A host checks `abi` and `size` before it reads anything
 * else. It accepts a table that is as large as this file's or larger, even if it is larger than the host's own; a
 * field beyond `size` counts as absent.
 *
 *
 * THE MANIFEST   JSON. A host ignores fields that are not listed here.
 *
 *   {
 *     "id": "hello",                          lower-case letters, digits and "-"
 *     "version": "1.0.0",                     the provider's version
 *     "mount": "/badges/hello",               the path that its relative routes are appended to
 *     "badges": [{
 *       "name": "greeting",                   the "name" in a call for this badge
 *       "route": "{name}",                    literal segments, {parameter}s, perhaps {rest…} at the end
 *                                             ({@name} takes two segments if the first begins with @: @scope/name)
 *       "query": ["loud"],                    optional: the query parameters it reads
 *       "reads": ["greetings"],               optional: the collections that it reads. If no badge of a manifest has it,
 *                                             each may read all of "collections"; if one has it, a badge without it
 *                                             reads none. A badge that reads none is cached, and any other is not
 *       "category": "other",                  optional
 *       "label": "hello",                     the text of the left half; {name} stands for a parameter, and
 *                                             {upstream.host} for the host of the address in a setting
 *       "color": "blue", "logo": "nuget",     optional: the default colour of the right half, and the default logo
 *       "style": "social",                    optional: the style if the caller names none; the logo is then drawn in
 *                                             that style alone
 *       "summary": "Greets.",
 *       "example": "world",                   an address that matches the route
 *       "fresh-seconds": 300,                 optional: how long an answer is used before it is asked for again
 *       "revalidate-seconds": 300,            optional: how much longer caches may serve it while they revalidate
 *       "format": "svg",                      optional: the format if the address has none; or "png", "json". Without
 *                                             it "json" for an address below /badges, and "svg" for any other
 *       "prefix": "v",                        optional: precedes the message, unless the badge is an error; "v" only
 *                                             where a version begins, not a word, a date or the hash of a commit
 *       "fixed": { "tag": "latest" },         optional: parameters that the route has no segment for
 *       "routes": [{                          optional: further routes; what one leaves out is as above
 *         "route": "/hello/{name}/{loud}",    a segment or a fixed parameter called like one of "query" replaces it
 *         "label": "{name}", "prefix": "", "format": "png", "fixed": {}, "query": [], "logo": "",       all optional
 *         "example": "/hello/world/true"
 *       }]
 *     }],
 *     "reports": [{                           optional: signed reports of builds, which it turns into records
 *       "name": "run", "route": "/greetings/{platform}/{owner}/{repo}/{branch…}",      with these four parameters
 *       "collection": "greetings",            the collection its records are stored in
 *       "purpose": "TestData",                the purpose of the secrets that sign it
 *       "body": { "type": "object" },         optional: the JSON Schema of its body, only for documentation
 *       "summary": "Takes a greeting.", "example": "/greetings/linux/acme/tools/main"
 *     }],
 *     "hooks": [{                             optional: webhooks, whose deliveries it turns into records and states
 *       "name": "own", "route": "/webhooks/github/{owner}",     below /webhooks/, where nothing else may be. With
 *                                             {owner}, a delivery is signed with that owner's secret and about that
 *                                             owner; without it, with one of the server's own, and about an owner
 *                                             without a secret of this purpose
 *       "scheme": "github",                   how a delivery is signed and says what it is about: as GitHub does it
 *       "purpose": "Webhook",                 the purpose of the secrets that sign it
 *       "collections": ["greetings"],         the collections its records and states are stored in. Of a repository that
 *                                             is not known to be public, and not granted, nothing in them is shown
 *       "summary": "Takes deliveries.", "example": "/webhooks/github/acme"
 *     }],
 *     "redirects": [{                         optional: addresses that redirect to others
 *       "name": "run", "route": "run/{name}", "summary": "Redirects to the greeting.", "example": "run/world",
 *       "fresh-seconds": 300, "revalidate-seconds": 300       both optional
 *     }],
 *     "refusals": [{                          optional: routes that are common mistakes, with their errors
 *       "route": "{a}/{b}", "code": "NAME_REQUIRED", "property": "name", "words": "write /badges/hello/NAME"
 *     }],
 *     "origins": ["{upstream}"],              optional: where it sends requests; {setting} is that setting's origin
 *     "collections": ["greetings"],           optional: the collections it reads or writes; "visibility" is the host's own
 *     "series": [{                            optional: which fields of a collection's records are what, in charts
 *       "collection": "greetings",
 *       "name": "hello",                      optional, as all that follows: its name in /charts/hello/…
 *       "unit": "greetings",                  what the numbers count
 *       "passed": "said", "failed": "unsaid", "skipped": "kept",     the fields with counts
 *       "value": "volume",                    the field with a number that is drawn as a line
 *       "outcome": "end", "good": ["heard"], "bad": ["lost"],        the field with a word, and what the words mean
 *       "duration": "took_ms", "link": "url", the fields with milliseconds, and with the address of a page
 *       "example": "linux/acme/tools/main"    the part, owner, repository and branch in the examples of its addresses
 *     }],
 *     "charts": [{                            optional: further charts; the route begins with /charts/
 *       "route": "/charts/hello/volume/{owner}/{repo}", "collection": "greetings", "platform": "all",
 *       "branch": "all", "value": "volume", "label": "volume", "summary": "How loud it was.",
 *       "example": "/charts/hello/volume/acme/tools"
 *     }],
 *     "secrets": ["token"],                   optional: the secrets it requires; an optional one is not listed
 *     "headers": ["X-Version"],               optional: the names of the headers that its requests set
 *     "requires": ["post", "headers"],        optional: what it needs of its host beyond the first text of this file. A
 *                                             host refuses a provider that requires what it does not know, and a
 *                                             request that uses what its manifest does not require. The first hosts
 *                                             ignore the list and whatever it names:
 *                                               post     requests with a body
 *                                               headers  requests with headers
 *                                               secrets  secrets with scheme "header" or "query", "user" or "optional"
 *                                               web      requests to hosts that callers name
 *                                               routes   badges with further routes, fixed parameters or a prefix
 *                                               labels   labels with a {parameter} or a {setting.host}
 *                                               hooks    webhooks
 *                                               states   states, which deliveries write and calls read
 *                                               optional-requests   requests that a call goes on without
 *                                               fresh-requests      requests with "fresh-seconds"
 *                                               about               requests with "about"
 *                                               parts               queries for the records of every part
 *     "settings": { "upstream": "https://example.com" }      optional: what an operator may change, with the defaults;
 *                                             a request to a setting that is empty ends the call: "no upstream set"
 *   }
 *
 *
 * THE CALL   JSON without white space between its tokens. The body of answers[i] is bodies[i], as raw bytes.
 *
 *   {
 *     "kind": "badge",                        or "redirect"; or "report" or "hook", which have one turn and no answers:
 *                                             bodies[0] is the report's body, as raw bytes, or the delivery's payload
 *                                             in JSON, also if it came in a form
 *     "name": "greeting",
 *     "params": { "name": "world" },          the route's parameters, percent-decoded; of a "hook" instead "event", its
 *                                             name, and "owner" and "repo", those of the payload's repository.full_name
 *                                             or empty
 *     "query": { "loud": "true" },            those of the badge's query parameters that the client sent
 *     "settings": { "upstream": "https://example.com" },
 *     "now": 1790000000,                      seconds since 1970, UTC
 *     "answers": [{ "status": 200, "headers": { "content-type": "application/json" },
 *       "sent-with": "owner" }]               whose secret the request carried: that of its owner, or "server", one of
 *                                             the server's own; absent if the request was anonymous
 *   }
 *
 * "headers" has those of content-type, etag, last-modified, link, retry-after and x-ratelimit-* that the upstream sent.
 *
 *
 * THE STEP   JSON, one of these:
 *
 *   { "fetch": [REQUEST, QUERY, STATES or PARTS, …] }   everything this call has asked for since its first turn, in order:
 *                                             first what is answered already, unchanged, then at least one more; a call
 *                                             has at most 64 of them and eight turns
 *   { "done": { "message": "13.0.4",          the finished badge; the step may have "fetch" as well
 *       "label": "…", "color": "blue", "labelColor": "…", "namedLogo": "…" } }             these are optional
 *   { "fail": { "kind": "not-found",          or "invalid-parameter", "invalid-response", "inaccessible"
 *       "code": "NAME_NOT_FOUND", "words": "name not found",
 *       "property": "name", "properties": ["name", …], "retry_after": 30,                  these are optional, and
 *       "reason": "/greeting is no string" } }                     so is this: for the host's log, never for the caller
 *   { "redirect": "https://example.com/" }    the target of a redirect
 *   { "record": RECORD }                      the record that a report became
 *   { "delivered": {                          what a delivery told: all of it about the payload's repository, in
 *                                             collections of the hook; each list may be left out
 *       "records": [{ "collection": "greetings", "owner": "acme", "repo": "tools", "platform": "linux",
 *         "branch": "main", "record": RECORD }],                at most 16; a run and attempt that is recorded already
 *                                             is left out
 *       "states": [STATE, …],                 at most 32
 *       "stale": [ABOUT, …],                  at most 32: what answers of upstreams no longer say. "name" may also begin
 *                                             with "packages/"
 *       "ignored": true } }                   the provider reads no such event: nothing is written
 *
 *   REQUEST:
 *   { "base": "https://example.com",          an http or https address of a granted origin
 *     "path": "greetings/{}.json",            optional; each {} is replaced by its part, percent-encoded
 *     "parts": ["world"],
 *     "accept": "application/json",           optional
 *     "auth": AUTH,                           optional: a secret that is sent along
 *     "headers": { "X-Version": "2" },        optional: further headers, whose names the manifest lists. Values are
 *                                             visible ASCII. Not allowed are Host, Authorization, Cookie, Accept,
 *                                             User-Agent, Content-*, Connection and whatever else frames the message,
 *                                             Proxy-*, If-*, and the header of a secret
 *     "body": { "query": "{ me { name } }" }, optional: any JSON but null, at most 16 KiB: then it is a POST of
 *                                             application/json. It is not sent again if it is not known whether it
 *                                             arrived, and of redirects only 307 and 308 are followed
 *     "safe": true,                           optional: such a POST may be sent again
 *     "web": true }                           optional: a caller named the host. No grant is needed. The request is
 *                                             sent to public addresses only, once, with "accept" but no secret, headers
 *                                             or body; a call has at most eight. Its failure is "host not allowed"
 *
 *   These members of a REQUEST are optional as well:
 *     "optional": true                        if there is no answer, or no secret where one is needed, the call goes on
 *                                             with status 503 and an empty body in its place
 *     "fresh-seconds": 600                    for how long its answer is used, if not as long as the badge says; at most
 *                                             a day
 *     "about": ABOUT                          what its answer is about, for "stale"; not with "web"
 *
 *   ABOUT: something of an owner's, in any case of letters.
 *   { "owner": "acme", "name": "tools" }
 *
 *   AUTH:
 *   { "secret": "token",                      its name in plugins.toml, which binds it to one origin
 *     "owner": "acme",                        whose secret it is
 *     "scheme": "bearer",                     Authorization: Bearer SECRET, the default; or "basic", with
 *                                             Authorization: Basic and owner:SECRET in base64; or "header" or "query",
 *                                             with the secret as the value of a header or a query parameter
 *     "name": "PRIVATE-TOKEN",                the name of that header or parameter, for these two schemes only
 *     "user": "api",                          optional: the user of "basic", if it is not the owner
 *     "optional": true }                      optional: without a grant or a secret, the request is anonymous
 *
 *   QUERY: its answer has status 200 and a JSON array of RECORDs as its body, the newest first, perhaps empty.
 *   { "collection": "greetings", "owner": "acme", "repo": "tools", "platform": "linux", "branch": "main",
 *     "last": 1,                              optional: the largest number of records, 1 to 100
 *     "since_ms": 1790000000000 }             optional: the earliest time of a record, in milliseconds since 1970, UTC
 *
 *   PARTS: its answer has status 200 and a JSON object as its body: { "found": [{ "platform": "linux", "records": [RECORD,
 *   …] }, …], "omitted": 0 }. It has every part that has records of the branch, at most 64, ordered by part, which is
 *   case-folded; of each the newest records, the newest first. "omitted" says how many further parts there are at least.
 *   A part called "all" is none of them.
 *   { "parts": "greetings",                   the collection
 *     "owner": "acme", "repo": "tools", "branch": "main",
 *     "last": 8,                              the largest number of records of each part, 1 to 10
 *     "fields": ["commit"] }                  the fields that the records of the answer have, 1 to 16; others are left out
 *
 *   STATES: its answer has status 200 and a JSON array as its body, at most 256 of { "platform", "branch", "sequence",
 *   "fields", "written_ms" }, ordered by part and branch, which are case-folded; perhaps empty.
 *   { "states": "greetings",                  the collection
 *     "owner": "acme", "repo": "tools",
 *     "platform": "linux", "branch": "main" } optional: only those of this part, and of this branch of it
 *
 *   STATE: what is known now. It replaces one of the same subject with a smaller sequence, whatever the order of arrival.
 *   { "collection": "greetings", "owner": "acme", "repo": "tools", "platform": "linux", "branch": "main",
 *     "sequence": [7, 1],                     one to four numbers from 0, compared from left to right
 *     "fields": { },                          whatever the provider wants to read again; as JSON at most 64 KiB, like
 *                                             those of a delivered RECORD
 *     "life_seconds": 86400 }                 optional: for how long it is kept; without it for good, and its subject is
 *                                             listed among those of its repository
 *
 *   RECORD: a run and attempt of a subject is recorded once.
 *   { "run_id": "16369042913",                1 to 128 bytes
 *     "run_attempt": 1,                       1 to 9999
 *     "timestamp_ms": 1790000000000,          in milliseconds since 1970, UTC; up to the end of the year 9999
 *     "fields": { } }                         whatever the provider wants to read again
 */
#ifndef BADGESMITH_PROVIDER_H
#define BADGESMITH_PROVIDER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BADGESMITH_ABI 1u

/* What `step` returns. If it is not OK, `out` may hold a UTF-8 message for the host's log. */
#define BADGESMITH_OK 0
#define BADGESMITH_PANICKED 1
#define BADGESMITH_UNREADABLE 2

#if defined(_WIN32)
#define BADGESMITH_EXPORT __declspec(dllexport)
#else
#define BADGESMITH_EXPORT __attribute__((visibility("default")))
#endif

/* Borrowed bytes, which the receiver never frees. `ptr` may be NULL if `len` is 0. */
typedef struct {
  const uint8_t *ptr;
  size_t len;
} badgesmith_bytes;

typedef struct {
  uint32_t abi;              /* BADGESMITH_ABI of the header that the provider was built with */
  uint32_t size;             /* sizeof(badgesmith_provider) of that header; new fields go at the end */
  badgesmith_bytes manifest; /* UTF-8; owned by the provider, valid and unchanged while the library is loaded */

  /* Takes one turn. The host owns `call` and the `bodies`, which are valid until `step` returns. The provider owns what
   * it writes to `out`, which stays valid until the host passes it to `release`, once, whatever `step` returned. */
  int32_t (*step)(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out);

  /* Frees what `step` wrote to `out`. Never NULL; may do nothing. */
  void (*release)(badgesmith_bytes out);
} badgesmith_provider;

/* The one exported symbol. The provider owns the table, which stays valid while the library is loaded. */
BADGESMITH_EXPORT const badgesmith_provider *badgesmith_provider_v1(void);

/* ---- Functions that read a call or an answer in JSON, so that a provider in C needs no JSON library. None of them
 * allocates. They check no more of the JSON than they read. ---- */

/* The first byte after the JSON value that starts at `p`. */
static inline const uint8_t *badgesmith_skip(const uint8_t *p, const uint8_t *end) {
  int depth = 0;
  while (p < end) {
    if (*p == '"') {
      for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    } else if (*p == '{' || *p == '[') {
      depth++;
    } else if (*p == '}' || *p == ']') {
      if (depth == 0) return p;
      depth--;
    } else if (depth == 0 && (*p == ',' || *p == ':')) {
      return p;
    }
    p++;
    if (depth == 0 && p < end && (*p == ',' || *p == ':' || *p == '}' || *p == ']')) return p;
  }
  return end;
}

/* The first byte from `p` on that is no white space. */
static inline const uint8_t *badgesmith_space(const uint8_t *p, const uint8_t *end) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
  return p;
}

/* The value from `p` to `after`, without the white space behind it. */
static inline badgesmith_bytes badgesmith_value(const uint8_t *p, const uint8_t *after) {
  badgesmith_bytes value;
  while (after > p && badgesmith_space(after - 1, after) == after) after--;
  value.ptr = p;
  value.len = (size_t)(after - p);
  return value;
}

/* The value of a member of a JSON object, as JSON; { NULL, 0 } if there is none or the text ends with it, cut off.
 * `name` must need no escape. */
static inline badgesmith_bytes badgesmith_member(badgesmith_bytes object, const char *name) {
  badgesmith_bytes none = {NULL, 0};
  const uint8_t *end = object.ptr + object.len, *p = badgesmith_space(object.ptr, end);
  size_t length = strlen(name);
  if (p == end || *p != '{') return none;
  for (p = badgesmith_space(p + 1, end); p < end && *p == '"';) {
    const uint8_t *key = p + 1, *colon = badgesmith_skip(p, end), *value, *after;
    if (colon == end) return none;
    value = badgesmith_space(colon + 1, end);
    after = badgesmith_skip(value, end);
    if (after == end) return none;
    if ((size_t)(colon - key) > length && memcmp(key, name, length) == 0 && key[length] == '"')
      return badgesmith_value(value, after);
    p = badgesmith_space(after + 1, end);
  }
  return none;
}

/* An element of a JSON array, as JSON, counted from 0; { NULL, 0 } if there is none or the text ends with it. */
static inline badgesmith_bytes badgesmith_element(badgesmith_bytes array, size_t index) {
  badgesmith_bytes none = {NULL, 0};
  const uint8_t *end = array.ptr + array.len, *p = badgesmith_space(array.ptr, end);
  if (p == end || *p != '[') return none;
  for (p = badgesmith_space(p + 1, end); p < end && *p != ']'; p = badgesmith_space(p + 1, end)) {
    const uint8_t *after = badgesmith_skip(p, end);
    if (after == end) return none;
    if (index-- == 0) return badgesmith_value(p, after);
    p = after;
    if (*p == ']') break;
  }
  return none;
}

/* Four hexadecimal digits, or 0xFFFD. */
static inline uint32_t badgesmith_hex4(const uint8_t *p) {
  uint32_t code = 0;
  int i;
  for (i = 0; i < 4; i++) {
    uint8_t c = p[i];
    code <<= 4;
    if (c >= '0' && c <= '9') code |= (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f') code |= (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') code |= (uint32_t)(c - 'A' + 10);
    else return 0xFFFD;
  }
  return code;
}

/* Writes the text of a JSON string to `buffer` as UTF-8 with a NUL at the end. Returns the length without the NUL, or
 * -1 if `value` is not a string or `size` is too small; `buffer` is then the empty text. */
static inline long badgesmith_text(badgesmith_bytes value, char *buffer, size_t size) {
  const uint8_t *p = value.ptr, *end = value.ptr + value.len;
  size_t n = 0;
  if (size == 0) return -1;
  buffer[0] = 0;
  if (value.len < 2 || *p != '"') return -1;
  for (p++; p < end && *p != '"'; p++) {
    uint32_t code = *p;
    if (n + 5 > size) {
      buffer[0] = 0;
      return -1;
    }
    if (*p != '\\') {
      buffer[n++] = (char)*p;
      continue;
    }
    if (++p >= end) break;
    code = *p == 'b' ? 8 : *p == 'f' ? 12 : *p == 'n' ? 10 : *p == 'r' ? 13 : *p == 't' ? 9 : *p;
    if (*p == 'u' && end - p > 5) {
      code = badgesmith_hex4(p + 1);
      p += 4;
      if (code >= 0xD800 && code < 0xDC00 && end - p > 7 && p[1] == '\\' && p[2] == 'u') {
        code = 0x10000 + ((code - 0xD800) << 10) + ((badgesmith_hex4(p + 3) - 0xDC00) & 0x3FF);
        p += 6;
      }
    }
    if (code < 0x80) {
      buffer[n++] = (char)code;
    } else if (code < 0x800) {
      buffer[n++] = (char)(0xC0 | (code >> 6));
      buffer[n++] = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      buffer[n++] = (char)(0xE0 | (code >> 12));
      buffer[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
      buffer[n++] = (char)(0x80 | (code & 0x3F));
    } else {
      buffer[n++] = (char)(0xF0 | (code >> 18));
      buffer[n++] = (char)(0x80 | ((code >> 12) & 0x3F));
      buffer[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
      buffer[n++] = (char)(0x80 | (code & 0x3F));
    }
  }
  buffer[n] = 0;
  return (long)n;
}

/* Write a parameter of the route, a query parameter or a setting to `buffer`; return as badgesmith_text. */
static inline long badgesmith_param(badgesmith_bytes call, const char *name, char *buffer, size_t size) {
  return badgesmith_text(badgesmith_member(badgesmith_member(call, "params"), name), buffer, size);
}
static inline long badgesmith_query(badgesmith_bytes call, const char *name, char *buffer, size_t size) {
  return badgesmith_text(badgesmith_member(badgesmith_member(call, "query"), name), buffer, size);
}
static inline long badgesmith_setting(badgesmith_bytes call, const char *name, char *buffer, size_t size) {
  return badgesmith_text(badgesmith_member(badgesmith_member(call, "settings"), name), buffer, size);
}

/* The status of an answer, counted from 0; 0 if the call does not have the answer yet. */
static inline int badgesmith_status(badgesmith_bytes call, size_t index) {
  badgesmith_bytes answer = badgesmith_element(badgesmith_member(call, "answers"), index);
  badgesmith_bytes value = badgesmith_member(answer, "status");
  int status = 0;
  size_t i;
  for (i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9' && status < 1000; i++)
    status = status * 10 + (value.ptr[i] - '0');
  return status;
}

/* Writes `length` bytes of UTF-8 text to `buffer` as a JSON string with quotes and a NUL at the end. Returns the length
 * without the NUL, or -1 if `size` is too small. A `size` of six times `length` plus three is always enough. */
static inline long badgesmith_quote(const char *text, size_t length, char *buffer, size_t size) {
  static const char hex[] = "0123456789abcdef";
  size_t n = 0, i;
  if (size < 3) return -1;
  buffer[n++] = '"';
  for (i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (n + 8 > size) {
      buffer[0] = 0;
      return -1;
    }
    if (c == '"' || c == '\\') {
      buffer[n++] = '\\';
      buffer[n++] = (char)c;
    } else if (c < 0x20) {
      memcpy(buffer + n, "\\u00", 4);
      n += 4;
      buffer[n++] = hex[c >> 4];
      buffer[n++] = hex[c & 15];
    } else {
      buffer[n++] = (char)c;
    }
  }
  buffer[n++] = '"';
  buffer[n] = 0;
  return (long)n;
}

#ifdef __cplusplus
}
#endif

#endif

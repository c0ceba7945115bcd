/* BadgeSmith's provider boundary, version 1, whole. Frozen: a change that this page does not allow is another version,
 * with another symbol. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A provider is a pure function. It is called with a question and what the host has answered so far, and says what
 * comes next: what to ask first, the finished badge, or why there is none. It is called again with one more answer
 * until it is done. It keeps no state, opens no connection and reads no clock: the host does all that. It may be
 * called from several threads at once, and has two seconds for a call.
 *
 * The library exports one symbol, badgesmith_provider_v1. A host looks at `abi` and `size` before anything else; it
 * takes a larger table than its own, and one as large as this page's or larger; a field beyond `size` counts as absent.
 *
 *
 * THE MANIFEST   JSON. A field that is not named here is ignored.
 *
 *   {
 *     "id": "hello",                          lower-case letters, digits and "-"
 *     "version": "1.0.0",                     the provider's own
 *     "mount": "/badges/hello",               where its relative routes lie
 *     "badges": [{
 *       "name": "greeting",                   what a call's "name" says
 *       "route": "{name}",                    literal segments, {parameter}s, at the end perhaps {rest…}
 *       "query": ["loud"],                    optional: the query parameters it reads
 *       "category": "other",                  optional
 *       "label": "hello",                     the left half
 *       "color": "blue", "logo": "nuget",     optional: the defaults of the right half's colour and of the logo
 *       "summary": "Greets.",
 *       "example": "world",                   an address that fits the route
 *       "fresh-seconds": 300,                 optional: how long an answer is used without asking again
 *       "revalidate-seconds": 300             optional: how much longer caches downstream may show it meanwhile
 *     }],
 *     "refusals": [{                          optional: routes that are common mistakes
 *       "route": "{a}/{b}", "code": "NAME_REQUIRED", "property": "name", "words": "write /badges/hello/NAME"
 *     }],
 *     "origins": ["{upstream}"],              optional: where it asks; {setting} is that setting's origin
 *     "secrets": ["token"],                   optional: the secrets it cannot do without
 *     "settings": { "upstream": "https://example.com" }      optional: what an operator may set, with its default
 *   }
 *
 *
 * THE CALL   JSON, written without blanks between its tokens. The body of answers[i] is bodies[i], as raw bytes.
 *
 *   {
 *     "kind": "badge",
 *     "name": "greeting",
 *     "params": { "name": "world" },          the route's parameters, percent-decoded
 *     "query": { "loud": "true" },            those of the badge's query parameters that the caller gave
 *     "settings": { "upstream": "https://example.com" },
 *     "now": 1790000000,                      seconds since 1970
 *     "answers": [{ "status": 200, "headers": { "content-type": "application/json" } }]
 *   }
 *
 * Headers are those among content-type, etag, last-modified, link, retry-after and x-ratelimit-* that came.
 *
 *
 * THE STEP   JSON, one of three:
 *
 *   { "fetch": [REQUEST, …] }                 everything this call needs so far, from its first request on, in order:
 *                                             those already answered first, unchanged, then at least one more; at most
 *                                             64 in a call and eight turns
 *   { "done": { "message": "13.0.4",          the finished badge; "fetch" may stand beside it
 *       "label": "…", "color": "blue", "labelColor": "…", "namedLogo": "…" } }             these optional
 *   { "fail": { "kind": "not-found",          or "invalid-parameter", "invalid-response", "inaccessible"
 *       "code": "NAME_NOT_FOUND", "words": "name not found",
 *       "property": "name", "retry_after": 30 } }                                          these optional
 *
 *   REQUEST:
 *   { "base": "https://example.com",          an http or https address of a granted origin
 *     "path": "greetings/{}.json",            optional; every {} is replaced by its part, percent-encoded
 *     "parts": ["world"],
 *     "accept": "application/json",           optional
 *     "auth": { "secret": "token", "owner": "acme", "scheme": "bearer" } }                 optional; or "basic"
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

/* What `step` returns. With any other than OK, `out` may hold UTF-8 words for the host's log. */
#define BADGESMITH_OK 0
#define BADGESMITH_PANICKED 1
#define BADGESMITH_UNREADABLE 2

#if defined(_WIN32)
#define BADGESMITH_EXPORT __declspec(dllexport)
#else
#define BADGESMITH_EXPORT __attribute__((visibility("default")))
#endif

/* Borrowed, never freed by the receiver. `ptr` may be NULL where `len` is 0. */
typedef struct {
  const uint8_t *ptr;
  size_t len;
} badgesmith_bytes;

typedef struct {
  uint32_t abi;              /* BADGESMITH_ABI of the header this was built with */
  uint32_t size;             /* sizeof(badgesmith_provider) of that header; new fields go at the end */
  badgesmith_bytes manifest; /* UTF-8; the provider's, valid and unchanged for the life of the library */

  /* One turn. `call` and the `bodies` are the host's and end with the call. What is written to `out` is the provider's
   * and stays until the host gives it to `release`, once, whatever `step` returned. */
  int32_t (*step)(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out);

  /* Takes back what `step` wrote to `out`. Never NULL; may do nothing. */
  void (*release)(badgesmith_bytes out);
} badgesmith_provider;

/* The one exported symbol. The table is the provider's and stays for the life of the library. */
BADGESMITH_EXPORT const badgesmith_provider *badgesmith_provider_v1(void);

/* ---- Readers, so that a provider in C needs no JSON library for what the host says. Nothing here allocates. ---- */

/* The first byte behind the JSON value that begins at `p`. */
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

/* The value of a member of a JSON object, as it stands there; { NULL, 0 } if there is none. Names must be plain. */
static inline badgesmith_bytes badgesmith_member(badgesmith_bytes object, const char *name) {
  badgesmith_bytes none = {NULL, 0};
  const uint8_t *p = object.ptr, *end = object.ptr + object.len;
  size_t length = strlen(name);
  if (object.len == 0 || *p != '{') return none;
  for (p++; p < end && *p == '"';) {
    const uint8_t *key = p + 1, *colon = badgesmith_skip(p, end);
    const uint8_t *value = colon + 1, *after;
    if (value >= end) return none;
    after = badgesmith_skip(value, end);
    if ((size_t)(colon - key) == length + 1 && memcmp(key, name, length) == 0) {
      badgesmith_bytes found;
      found.ptr = value;
      found.len = (size_t)(after - value);
      return found;
    }
    p = after + 1;
  }
  return none;
}

/* An element of a JSON array, counted from 0; { NULL, 0 } if there is none. */
static inline badgesmith_bytes badgesmith_element(badgesmith_bytes array, size_t index) {
  badgesmith_bytes found = {NULL, 0};
  const uint8_t *p = array.ptr, *end = array.ptr + array.len;
  if (array.len == 0 || *p != '[') return found;
  for (p++; p < end && *p != ']'; p++) {
    const uint8_t *after = badgesmith_skip(p, end);
    if (index-- == 0) {
      found.ptr = p;
      found.len = (size_t)(after - p);
      return found;
    }
    p = after;
    if (p < end && *p == ']') break;
  }
  return found;
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

/* Writes a JSON string's text to `buffer` as UTF-8 that ends with NUL. Returns its length without the NUL, or -1 if
 * `value` is no string or `size` is too small; `buffer` is then the empty text. */
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

/* A route's parameter, a query parameter, a setting: the text's length, or -1 if it is not there or too long. */
static inline long badgesmith_param(badgesmith_bytes call, const char *name, char *buffer, size_t size) {
  return badgesmith_text(badgesmith_member(badgesmith_member(call, "params"), name), buffer, size);
}
static inline long badgesmith_query(badgesmith_bytes call, const char *name, char *buffer, size_t size) {
  return badgesmith_text(badgesmith_member(badgesmith_member(call, "query"), name), buffer, size);
}
static inline long badgesmith_setting(badgesmith_bytes call, const char *name, char *buffer, size_t size) {
  return badgesmith_text(badgesmith_member(badgesmith_member(call, "settings"), name), buffer, size);
}

/* The status of an answer, counted from 0; 0 if there is no such answer yet. */
static inline int badgesmith_status(badgesmith_bytes call, size_t index) {
  badgesmith_bytes answer = badgesmith_element(badgesmith_member(call, "answers"), index);
  badgesmith_bytes value = badgesmith_member(answer, "status");
  int status = 0;
  size_t i;
  for (i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9' && status < 1000; i++)
    status = status * 10 + (value.ptr[i] - '0');
  return status;
}

/* Writes `length` bytes of UTF-8 text to `buffer` as a JSON string with its quotes, ended with NUL. Returns the length
 * without the NUL, or -1 if `size` is too small; six bytes a character and three more are always enough. */
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

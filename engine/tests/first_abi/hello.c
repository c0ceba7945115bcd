/* A whole provider in C: greets whom its upstream knows. */
#include "badgesmith_provider.h"
#include <stdio.h>
#include <stdlib.h>

static const char manifest[] =
    "{\"id\":\"hello\",\"version\":\"1.2.3\",\"mount\":\"/badges/hello\",\"summary\":\"Greets.\","
    "\"badges\":[{\"name\":\"greeting\",\"route\":\"{name}\",\"query\":[\"loud\"],\"label\":\"hello\",\"logo\":\"wave\","
    "\"summary\":\"Greets.\",\"example\":\"world\",\"fresh-seconds\":120,\"revalidate-seconds\":1200}],"
    "\"refusals\":[{\"route\":\"{a}/{b}\",\"code\":\"ONE_NAME\",\"property\":\"b\",\"words\":\"one name only\"}],"
    "\"origins\":[\"{upstream}\"],\"settings\":{\"upstream\":\"https://example.com\"}}";

static int32_t step(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out) {
  char name[256], quoted[2048], base[256], *text = malloc(8192);
  if (text == NULL) return 3;
  badgesmith_param(call, "name", name, sizeof name);
  badgesmith_setting(call, "upstream", base, sizeof base);
  badgesmith_quote(name, strlen(name), quoted, sizeof quoted);
  if (bodies_len == 0)
    snprintf(text, 8192, "{\"fetch\":[{\"base\":\"%s\",\"path\":\"{}.txt\",\"parts\":[%s]}]}", base, quoted);
  else if (badgesmith_status(call, 0) == 404)
    snprintf(text, 8192, "{\"fail\":{\"kind\":\"not-found\",\"code\":\"NAME_NOT_FOUND\",\"words\":\"name not found\"}}");
  else if (badgesmith_status(call, 0) != 200)
    snprintf(text, 8192, "{\"fail\":{\"kind\":\"inaccessible\",\"code\":\"UPSTREAM_FORBIDDEN\",\"words\":\"forbidden\"}}");
  else if (bodies[0].len == 0 || bodies[0].len > 200 || bodies[0].ptr[0] == '<')
    snprintf(text, 8192,
             "{\"fail\":{\"kind\":\"invalid-response\",\"code\":\"UPSTREAM_INVALID\",\"words\":\"invalid response\"}}");
  else {
    badgesmith_quote((const char *)bodies[0].ptr, bodies[0].len, quoted, sizeof quoted);
    snprintf(text, 8192, "{\"done\":{\"message\":%s,\"color\":\"%s\"}}", quoted,
             badgesmith_query(call, "loud", name, sizeof name) >= 0 ? "red" : "blue");
  }
  out->ptr = (const uint8_t *)text;
  out->len = strlen(text);
  return BADGESMITH_OK;
}

static void release(badgesmith_bytes out) { free((void *)out.ptr); }

static badgesmith_provider table = {
    BADGESMITH_ABI, sizeof(badgesmith_provider), {(const uint8_t *)manifest, sizeof manifest - 1}, step, release};

const badgesmith_provider *badgesmith_provider_v1(void) { return &table; }

/* A provider whose badge `post` sends a body and a header, whose badge `web` asks a host that its caller names, and whose
 * others send a secret in a header, in the query and with a user. Each shows the upstream's answer. */
#include "badgesmith_provider.h"

#include <stdio.h>
#include <stdlib.h>

#define BADGE(name)                                                                                            \
  "{\"name\": \"" name "\", \"route\": \"" name "/{owner}\", \"query\": [\"server\"], \"label\": \"asks\", " \
  "\"summary\": \"Asks.\", \"example\": \"" name "/acme\"}"

static const char manifest[] =
    "{\"id\": \"asks\", \"version\": \"1.0.0\", \"mount\": \"/badges/asks\","
    " \"badges\": [" BADGE("post") ", " BADGE("header") ", " BADGE("query") ", " BADGE("basic") ", " BADGE("web")
    "], \"requires\": [\"post\", \"headers\", \"secrets\", \"web\"], \"headers\": [\"X-Version\"],"
    " \"origins\": [\"{upstream}\"], \"settings\": {\"upstream\": \"https://example.com\"}}";

static int32_t step(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out) {
  char name[16], upstream[256], owner[256], quoted[2048], more[4096], *text = malloc(8192);
  if (text == NULL) return 3;
  if (bodies_len > 0) {
    badgesmith_quote((const char *)bodies[0].ptr, bodies[0].len < 100 ? bodies[0].len : 100, quoted, sizeof quoted);
    snprintf(text, 8192, "{\"done\": {\"message\": %s}}", quoted);
  } else {
    badgesmith_text(badgesmith_member(call, "name"), name, sizeof name);
    if (badgesmith_query(call, "server", upstream, sizeof upstream) < 0)
      badgesmith_setting(call, "upstream", upstream, sizeof upstream);
    badgesmith_param(call, "owner", owner, sizeof owner);
    badgesmith_quote(owner, strlen(owner), quoted, sizeof quoted);
    if (strcmp(name, "post") == 0)
      snprintf(more, sizeof more, "\"body\": {\"query\": \"veiled\", \"of\": %s}, \"headers\": {\"X-Version\": %s}",
               quoted, "\"masked\"");
    else if (strcmp(name, "web") == 0)
      strcpy(more, "\"web\": true");
    else
      snprintf(more, sizeof more, "\"auth\": {\"secret\": \"token\", \"owner\": %s, \"scheme\": \"%s\", %s}", quoted,
               name, strcmp(name, "basic") == 0 ? "\"user\": \"api\"" : "\"name\": \"PRIVATE-TOKEN\"");
    snprintf(text, 8192, "{\"fetch\": [{\"base\": \"%s\", \"path\": \"%s\", %s}]}", upstream, name, more);
  }
  out->ptr = (const uint8_t *)text;
  out->len = strlen(text);
  return BADGESMITH_OK;
}

static void release(badgesmith_bytes out) { free((void *)out.ptr); }

const badgesmith_provider *badgesmith_provider_v1(void) {
  static const badgesmith_provider table = {
      BADGESMITH_ABI, sizeof table, {(const uint8_t *)manifest, sizeof manifest - 1}, step, release};
  return &table;
}

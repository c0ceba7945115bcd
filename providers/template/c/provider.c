/* The version of a project. */
#include "badgesmith_provider.h"

#include <stdio.h>
#include <stdlib.h>

static const char manifest[] =
    "{\"id\": \"my-provider\", \"version\": \"0.1.0\", \"summary\": \"Projects of example.com.\","
    " \"mount\": \"/badges/my-provider\","
    " \"badges\": [{\"name\": \"version\", \"route\": \"{project}\", \"category\": \"version\","
    "   \"label\": \"my-provider\", \"color\": \"blue\", \"summary\": \"The version of a project.\", \"example\": \"demo\"}],"
    " \"origins\": [\"{upstream}\"], \"settings\": {\"upstream\": \"https://example.com\"}}";

#define FAIL(kind, code, words) \
  "{\"fail\": {\"kind\": \"" kind "\", \"code\": \"" code "\", \"words\": \"" words "\"}}"

/* Gives the host a copy of `text`, which the host returns through `release`. */
static int32_t say(badgesmith_bytes *out, const char *text) {
  size_t length = strlen(text);
  uint8_t *copy = malloc(length);
  if (copy == NULL) return 3;
  out->ptr = memcpy(copy, text, length);
  out->len = length;
  return BADGESMITH_OK;
}

static int32_t step(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out) {
  char upstream[512], project[512], version[128], text[8192], quoted[2][3100];
  int status = badgesmith_status(call, 0);
  if (bodies_len == 0) {
    if (badgesmith_setting(call, "upstream", upstream, sizeof upstream) < 0 ||
        badgesmith_param(call, "project", project, sizeof project) < 0)
      return say(out, FAIL("invalid-parameter", "PROJECT_INVALID", "invalid project"));
    badgesmith_quote(upstream, strlen(upstream), quoted[0], sizeof quoted[0]);
    badgesmith_quote(project, strlen(project), quoted[1], sizeof quoted[1]);
    snprintf(text, sizeof text, "{\"fetch\": [{\"base\": %s, \"path\": \"projects/{}.json\", \"parts\": [%s]}]}",
             quoted[0], quoted[1]);
    return say(out, text);
  }
  if (status == 404 || status == 410) return say(out, FAIL("not-found", "PROJECT_NOT_FOUND", "project not found"));
  if (status == 401 || status == 403) return say(out, FAIL("inaccessible", "UPSTREAM_FORBIDDEN", "forbidden"));
  if (status < 200 || status > 299 ||
      badgesmith_text(badgesmith_member(bodies[0], "version"), version, sizeof version) < 0)
    return say(out, FAIL("invalid-response", "UPSTREAM_INVALID", "invalid response"));
  badgesmith_quote(version, strlen(version), quoted[0], sizeof quoted[0]);
  snprintf(text, sizeof text, "{\"done\": {\"message\": %s}}", quoted[0]);
  return say(out, text);
}

static void release(badgesmith_bytes out) { free((void *)out.ptr); }

const badgesmith_provider *badgesmith_provider_v1(void) {
  static const badgesmith_provider table = {
      BADGESMITH_ABI, sizeof table, {(const uint8_t *)manifest, sizeof manifest - 1}, step, release};
  return &table;
}

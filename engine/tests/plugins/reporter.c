/* A provider in C with reports. It takes {"run_id":"1","timestamp_ms":5,"url":"…"}, without spaces, and its badge shows
   the newest run. */
#include "badgesmith_provider.h"
#include <stdio.h>
#include <stdlib.h>

static const char manifest[] =
    "{\"id\":\"reporter\",\"version\":\"1.0.0\",\"mount\":\"/badges/runs\","
    "\"badges\":[{\"name\":\"run\",\"route\":\"{platform}/{owner}/{repo}/{branch…}\",\"label\":\"run\","
    "\"summary\":\"The newest run.\",\"example\":\"linux/acme/tools/main\",\"fresh-seconds\":30,"
    "\"revalidate-seconds\":60}],"
    "\"reports\":[{\"name\":\"run\",\"route\":\"/runs/{platform}/{owner}/{repo}/{branch…}\",\"collection\":\"runs\","
    "\"purpose\":\"TestData\",\"summary\":\"Takes a run.\",\"example\":\"/runs/linux/acme/tools/main\"}],"
    "\"redirects\":[{\"name\":\"run\",\"route\":\"/redirect/runs/{platform}/{owner}/{repo}/{branch…}\","
    "\"summary\":\"Leads to the newest run.\",\"example\":\"/redirect/runs/linux/acme/tools/main\"}],"
    "\"collections\":[\"runs\"]}";

/* The JSON text of a member; empty if there is none. */
static int raw(badgesmith_bytes object, const char *name, const char **text) {
  badgesmith_bytes value = badgesmith_member(object, name);
  *text = value.len == 0 ? "" : (const char *)value.ptr;
  return (int)value.len;
}

static int32_t step(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out) {
  char kind[32], *text = malloc(16384);
  const char *a, *b, *c, *d;
  int n;
  if (text == NULL) return 3;
  badgesmith_text(badgesmith_member(call, "kind"), kind, sizeof kind);
  if (strcmp(kind, "report") == 0) {
    int run = raw(bodies[0], "run_id", &a), time = raw(bodies[0], "timestamp_ms", &b), url = raw(bodies[0], "url", &c);
    if (run == 0 || time == 0)
      n = snprintf(text, 16384,
                   "{\"fail\":{\"kind\":\"invalid-parameter\",\"code\":\"INVALID_TEST_PAYLOAD\",\"property\":\"body\","
                   "\"properties\":[\"run_id\",\"timestamp_ms\"],\"words\":\"run_id and timestamp_ms are needed\"}}");
    else
      n = snprintf(text, 16384,
                   "{\"record\":{\"run_id\":%.*s,\"run_attempt\":1,\"timestamp_ms\":%.*s,\"fields\":{\"url\":%.*s}}}", run,
                   a, time, b, url == 0 ? 2 : url, url == 0 ? "\"\"" : c);
  } else if (bodies_len == 0) {
    badgesmith_bytes params = badgesmith_member(call, "params");
    int owner = raw(params, "owner", &a), repo = raw(params, "repo", &b), platform = raw(params, "platform", &c);
    int branch = raw(params, "branch", &d);
    n = snprintf(text, 16384,
                 "{\"fetch\":[{\"collection\":\"runs\",\"owner\":%.*s,\"repo\":%.*s,\"platform\":%.*s,\"branch\":%.*s}]}",
                 owner, a, repo, b, platform, c, branch, d);
  } else if (bodies[0].len <= 2) {
    n = snprintf(text, 16384,
                 "{\"fail\":{\"kind\":\"not-found\",\"code\":\"RESULT_NOT_FOUND\",\"words\":\"no results\"}}");
  } else {
    badgesmith_bytes newest = badgesmith_element(bodies[0], 0);
    if (strcmp(kind, "redirect") == 0) {
      int url = raw(badgesmith_member(newest, "fields"), "url", &a);
      n = snprintf(text, 16384, "{\"redirect\":%.*s}", url, a);
    } else {
      int run = raw(newest, "run_id", &a);
      n = snprintf(text, 16384, "{\"done\":{\"message\":%.*s,\"color\":\"blue\"}}", run, a);
    }
  }
  out->ptr = (const uint8_t *)text;
  out->len = (size_t)n;
  return BADGESMITH_OK;
}

static void release(badgesmith_bytes out) { free((void *)out.ptr); }

static badgesmith_provider table = {
    BADGESMITH_ABI, sizeof(badgesmith_provider), {(const uint8_t *)manifest, sizeof manifest - 1}, step, release};

const badgesmith_provider *badgesmith_provider_v1(void) { return &table; }

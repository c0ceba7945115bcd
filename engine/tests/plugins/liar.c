/* A faulty provider. The macro LIE selects its fault: an invalid table or manifest, an invalid step, or a step that hangs
   or ends the process. HONEST has no fault, and LONG_TABLE is a valid table of a newer SDK. */
#include "badgesmith_provider.h"
#include <stdio.h>
#include <stdlib.h>

#define OTHER_ABI 1
#define SHORT_TABLE 2
#define LONG_TABLE 3
#define NULL_TABLE 4
#define NO_STEP 5
#define NO_RELEASE 6
#define NULL_MANIFEST 7
#define BINARY_MANIFEST 8
#define NO_JSON_MANIFEST 9
#define OTHER_SYMBOL 10
#define NOTHING 11
#define NULL_STEP 12
#define BINARY_STEP 13
#define NO_JSON_STEP 14
#define EMPTY_STEP 15
#define HUGE_STEP 16
#define FAILED_STEP 17
#define ENDLESS 18
#define GREEDY 19
#define FICKLE 20
#define REPEATING 21
#define TRESPASSING 22
#define TWO_ENDS 23
#define LONG_WINDED 24
#define WORDLESS 25
#define LOCAL_FILE 26
#define SLEEPING 27
#define HONEST 28
#define EXITING 29
#define QUICK_EXITING 30
#define EXITING_THREAD 31
#define LATE_RECORD 32

#if defined(_WIN32)
#include <windows.h>
#define PAUSE() Sleep(10000)
#else
#include <unistd.h>
#define PAUSE() sleep(10)
#endif

#if LIE == EXITING_THREAD
#include <pthread.h>
static void *end(void *nothing) {
  (void)nothing;
  exit(0);
}
#endif

#if LIE == BINARY_MANIFEST
static const char manifest[] = "{\"id\":\"\xff\xfe\"}";
#elif LIE == NO_JSON_MANIFEST
static const char manifest[] = "id = liar";
#else
static const char manifest[] =
    "{\"id\":\"liar\",\"version\":\"0.0.1\",\"mount\":\"/badges/liar\","
    "\"badges\":[{\"name\":\"lie\",\"route\":\"{name}\",\"label\":\"liar\",\"summary\":\"Lies.\",\"example\":\"x\"}],"
    "\"origins\":[\"https://example.com\"]}";
#endif

#define ASK(n) "{\"base\":\"https://example.com\",\"path\":\"" n "\"}"

static int32_t step(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t bodies_len, badgesmith_bytes *out) {
  static char text[4 * 1024 * 1024];
  size_t n = 0, i;
  (void)call, (void)bodies, (void)i;
  text[0] = 0;
#if LIE == NULL_STEP
  out->ptr = NULL;
  out->len = 100;
  return BADGESMITH_OK;
#elif LIE == BINARY_STEP
  strcpy(text, "{\"done\":{\"message\":\"\xff\xfe\"}}");
#elif LIE == NO_JSON_STEP
  strcpy(text, "done, honestly");
#elif LIE == EMPTY_STEP
#elif LIE == HUGE_STEP
  memset(text, ' ', sizeof text - 1);
  n = sizeof text - 1;
#elif LIE == FAILED_STEP
  strcpy(text, "no idea");
  out->ptr = (const uint8_t *)text;
  out->len = strlen(text);
  return 42;
#elif LIE == ENDLESS
  n += (size_t)sprintf(text + n, "{\"fetch\":[");
  for (i = 0; i <= bodies_len; i++) n += (size_t)sprintf(text + n, "%s{\"base\":\"https://example.com/%zu\"}", i ? "," : "", i);
  n += (size_t)sprintf(text + n, "]}");
#elif LIE == GREEDY
  n += (size_t)sprintf(text + n, "{\"fetch\":[");
  for (i = 0; i < 65; i++) n += (size_t)sprintf(text + n, "%s{\"base\":\"https://example.com/%zu\"}", i ? "," : "", i);
  n += (size_t)sprintf(text + n, "]}");
#elif LIE == FICKLE
  strcpy(text, bodies_len == 0 ? "{\"fetch\":[" ASK("a") "]}" : "{\"fetch\":[" ASK("b") "," ASK("c") "]}");
#elif LIE == REPEATING
  strcpy(text, "{\"fetch\":[" ASK("a") "]}");
#elif LIE == TRESPASSING
  strcpy(text, "{\"fetch\":[{\"base\":\"https://elsewhere.example\",\"path\":\"x\"}]}");
#elif LIE == LOCAL_FILE
  strcpy(text, "{\"fetch\":[{\"base\":\"file:///etc/passwd\"}]}");
#elif LIE == TWO_ENDS
  strcpy(text, "{\"done\":{\"message\":\"x\"},\"fail\":{\"kind\":\"not-found\",\"code\":\"X\",\"words\":\"x\"}}");
#elif LIE == LONG_WINDED
  n += (size_t)sprintf(text + n, "{\"done\":{\"message\":\"");
  for (i = 0; i < 5000; i++) text[n++] = 'a';
  n += (size_t)sprintf(text + n, "\"}}");
#elif LIE == LATE_RECORD
  strcpy(text, "{\"record\":{\"run_id\":\"1\",\"run_attempt\":1,\"timestamp_ms\":253402300800000,\"fields\":{}}}");
#elif LIE == WORDLESS
  strcpy(text, "{\"fail\":{\"kind\":\"not-found\",\"code\":\"no code\",\"words\":\"\"}}");
#else
#if LIE == SLEEPING
  PAUSE();
#elif LIE == EXITING
  exit(0);
#elif LIE == QUICK_EXITING
  quick_exit(0);
#elif LIE == EXITING_THREAD
  pthread_t thread;
  pthread_create(&thread, NULL, end, NULL);
  pthread_join(thread, NULL);
#endif
  strcpy(text, "{\"done\":{\"message\":\"honest\"}}");
#endif
  if (n == 0) n = strlen(text);
  (void)bodies_len;
  out->ptr = (const uint8_t *)text;
  out->len = n;
  return BADGESMITH_OK;
}

static void release(badgesmith_bytes out) { (void)out; }

static struct {
  badgesmith_provider first;
  void *more[4];
} table = {{
#if LIE == OTHER_ABI
               2,
#else
               BADGESMITH_ABI,
#endif
#if LIE == SHORT_TABLE
               sizeof(badgesmith_provider) - 8,
#elif LIE == LONG_TABLE
               sizeof table,
#else
               sizeof(badgesmith_provider),
#endif
#if LIE == NULL_MANIFEST
               {NULL, 10},
#else
               {(const uint8_t *)manifest, sizeof manifest - 1},
#endif
#if LIE == NO_STEP
               NULL,
#else
               step,
#endif
#if LIE == NO_RELEASE
               NULL
#else
               release
#endif
           },
           {0, 0, 0, 0}};

#if LIE == OTHER_SYMBOL
BADGESMITH_EXPORT const void *badgesmith_provider_v3(void) { return &table; }
#elif LIE != NOTHING
const badgesmith_provider *badgesmith_provider_v1(void) {
#if LIE == NULL_TABLE
  return NULL;
#else
  return &table.first;
#endif
}
#endif

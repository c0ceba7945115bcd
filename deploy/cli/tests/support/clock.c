/* For LD_PRELOAD: takes the time of day from a file, so that a test can set the clock of a process. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  const char *file = clock == CLOCK_REALTIME ? getenv("BADGESMITH_TEST_CLOCK") : NULL;
  FILE *said = file ? fopen(file, "r") : NULL;
  long long seconds;
  int found = said && fscanf(said, "%lld", &seconds) == 1;
  if (said) fclose(said);
  if (!found) return (int)syscall(SYS_clock_gettime, clock, time);
  time->tv_sec = (time_t)seconds;
  time->tv_nsec = 0;
  return 0;
}

/* For LD_PRELOAD: sets the clock of a process by a file, which has the seconds since 1970, such as -5, or how many seconds
   the clock is wrong by, such as `by -5`. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  const char *file = clock == CLOCK_REALTIME ? getenv("BADGESMITH_TEST_CLOCK") : NULL;
  FILE *said = file ? fopen(file, "r") : NULL;
  long long seconds;
  if (!said) return result;
  if (fscanf(said, "by %lld", &seconds) == 1) {
    time->tv_sec += (time_t)seconds;
  } else {
    rewind(said);
    if (fscanf(said, "%lld", &seconds) == 1) {
      time->tv_sec = (time_t)seconds;
      time->tv_nsec = 0;
    }
  }
  fclose(said);
  return result;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into weir by tests: a disk whose fdatasync takes its time (WEIR_TEST_SYNC_MS) and fails
 * as long as the file WEIR_TEST_SYNC_FAILS exists. On a test machine's tmpfs it takes no time at all.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int descriptor) {
  const char* const pause = getenv("WEIR_TEST_SYNC_MS");
  const char* const fails = getenv("WEIR_TEST_SYNC_FAILS");
  if (pause != NULL) {
    const long ms = atol(pause);
    const struct timespec duration = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&duration, NULL);
  }
  if (fails != NULL && access(fails, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(descriptor);
}

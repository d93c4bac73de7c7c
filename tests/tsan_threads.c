// SPDX-License-Identifier: Apache-2.0
//
// C11's threads in terms of POSIX', for tests under ThreadSanitizer alone, in whose place of the C library's librdkafka then calls
// them: the sanitizer knows only POSIX' own, and a thread that it has not seen begin ends the process.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "glibc's are the same underneath");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "glibc's are the same underneath");

static int outcome(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case ETIMEDOUT:
      return thrd_timedout;
    case ENOMEM:
      return thrd_nomem;
    default:
      return thrd_error;
  }
}

struct start {
  thrd_start_t run;
  void* argument;
};

static void* begin(void* given) {
  const struct start from = *(struct start*)given;
  free(given);
  return (void*)(intptr_t)from.run(from.argument);
}

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  struct start* given = malloc(sizeof *given);
  if (given == NULL) {
    return thrd_nomem;
  }
  given->run = run;
  given->argument = argument;
  const int error = pthread_create(thread, NULL, begin, given);
  if (error != 0) {
    free(given);
  }
  return outcome(error);
}

int thrd_join(thrd_t thread, int* returned) {
  void* value = NULL;
  const int error = pthread_join(thread, &value);
  if (error == 0 && returned != NULL) {
    *returned = (int)(intptr_t)value;
  }
  return outcome(error);
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes,
                            (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_DEFAULT);
  const int error = pthread_mutex_init((pthread_mutex_t*)mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return outcome(error);
}

int mtx_lock(mtx_t* mutex) { return outcome(pthread_mutex_lock((pthread_mutex_t*)mutex)); }
int mtx_unlock(mtx_t* mutex) { return outcome(pthread_mutex_unlock((pthread_mutex_t*)mutex)); }
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy((pthread_mutex_t*)mutex); }

int cnd_init(cnd_t* condition) { return outcome(pthread_cond_init((pthread_cond_t*)condition, NULL)); }
int cnd_signal(cnd_t* condition) { return outcome(pthread_cond_signal((pthread_cond_t*)condition)); }
int cnd_broadcast(cnd_t* condition) { return outcome(pthread_cond_broadcast((pthread_cond_t*)condition)); }
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy((pthread_cond_t*)condition); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return outcome(pthread_cond_wait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const struct timespec* until) {
  return outcome(pthread_cond_timedwait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex, until));
}

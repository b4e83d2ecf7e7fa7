/* A disk that does not answer: writing to a file of SQLite's hangs for as long as the file that $HANG names is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hang(int descriptor) {
  const char *signal = getenv("HANG");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (!signal || length < 0) return;
  path[length] = 0;
  if (!strstr(path, ".db")) return;
  while (access(signal, F_OK) == 0) usleep(10000);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  static ssize_t (*next)(int, const void *, size_t);
  if (!next) next = dlsym(RTLD_NEXT, "write");
  hang(descriptor);
  return next(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
  static ssize_t (*next)(int, const void *, size_t, off_t);
  if (!next) next = dlsym(RTLD_NEXT, "pwrite64");
  hang(descriptor);
  return next(descriptor, bytes, count, offset);
}

/* A disk that does not answer: what $HANG_ON names (write, sync, read, truncate, unlink; write if it is not set), done to a file of
   SQLite's, hangs for as long as the file that $HANG names is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hang_at(const char *path, const char *what) {
  const char *signal = getenv("HANG"), *which = getenv("HANG_ON");
  if (!signal || !strstr(which ? which : "write", what) || !strstr(path, ".db")) return;
  while (access(signal, F_OK) == 0) usleep(10000);
}

static void hang(int descriptor, const char *what) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  hang_at(path, what);
}

#define REPLACE(result, name, what, parameters, arguments) \
  result name parameters {                                 \
    static result(*next) parameters;                       \
    if (!next) next = dlsym(RTLD_NEXT, #name);             \
    hang(descriptor, what);                                \
    return next arguments;                                 \
  }

REPLACE(ssize_t, write, "write", (int descriptor, const void *bytes, size_t count), (descriptor, bytes, count))
REPLACE(ssize_t, pwrite64, "write", (int descriptor, const void *bytes, size_t count, off_t offset), (descriptor, bytes, count, offset))
REPLACE(ssize_t, read, "read", (int descriptor, void *bytes, size_t count), (descriptor, bytes, count))
REPLACE(ssize_t, pread64, "read", (int descriptor, void *bytes, size_t count, off_t offset), (descriptor, bytes, count, offset))
REPLACE(int, fsync, "sync", (int descriptor), (descriptor))
REPLACE(int, fdatasync, "sync", (int descriptor), (descriptor))
REPLACE(int, ftruncate, "truncate", (int descriptor, off_t length), (descriptor, length))
REPLACE(int, ftruncate64, "truncate", (int descriptor, off_t length), (descriptor, length))

int unlink(const char *path) {
  static int (*next)(const char *);
  if (!next) next = dlsym(RTLD_NEXT, "unlink");
  hang_at(path, "unlink");
  return next(path);
}

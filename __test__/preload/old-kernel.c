/* A system without locks of open files, as Linux before 3.15 is, and some file systems are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

static int answer(const char *name, int descriptor, int command, void *argument) {
  int (*next)(int, int, ...) = dlsym(RTLD_NEXT, name);
  if (command == F_OFD_SETLK || command == F_OFD_GETLK || command == F_OFD_SETLKW) {
    errno = EINVAL;
    return -1;
  }
  return next(descriptor, command, argument);
}

#define REPLACE(name)                              \
  int name(int descriptor, int command, ...) {     \
    va_list arguments;                             \
    va_start(arguments, command);                  \
    void *argument = va_arg(arguments, void *);    \
    va_end(arguments);                             \
    return answer(#name, descriptor, command, argument); \
  }

REPLACE(fcntl)
REPLACE(fcntl64)

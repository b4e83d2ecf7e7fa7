/* SQLite calls fcntl through a pointer to a function with a variable number of arguments, which stable Rust cannot define, and
 * which some machines (Apple's arm64) call differently from any other function. This is that function, and nothing else. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

typedef int (*lock_call)(int descriptor, int command, struct flock *lock);

static lock_call perform_lock;

static int sqlite_fcntl(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  if (command == F_GETLK || command == F_SETLK || command == F_SETLKW) {
    struct flock *lock = va_arg(arguments, struct flock *);
    va_end(arguments);
    int result = perform_lock(descriptor, command, lock);
    if (result < 0) {
      errno = -result;
      return -1;
    }
    return result;
  }
  /* All others that SQLite uses take an int, or nothing, as which it passes 0. */
  int argument = va_arg(arguments, int);
  va_end(arguments);
  return fcntl(descriptor, command, argument);
}

/* The function that SQLite is to call. Locks go to `perform`, which answers -errno when it fails. */
void (*rust_auth_fcntl(lock_call perform))(void) {
  perform_lock = perform;
  return (void (*)(void))sqlite_fcntl;
}

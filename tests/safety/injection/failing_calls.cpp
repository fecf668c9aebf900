// A library for LD_PRELOAD that makes the n-th call of one kind in one of the profiler's threads
// fail, and that counts the calls of each kind in each of them. injection_test.py steers it through
// a shared file, PPROF_FAILING_CALLS.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

enum Kind {
  kAllocation,
  kMapping,
  kOpen,
  kRead,
  kSocket,
  kThread,
  kTimer,
  kSignal,
  kMemory,
  kKinds
};
constexpr size_t kNameBytes = 16;
constexpr size_t kThreads = 32;

struct Thread {
  char name[kNameBytes];  // "" : free
  std::atomic<uint32_t> calls[kKinds];
};

// injection_test.py knows this layout.
struct Control {
  std::atomic<uint32_t> armed;
  uint32_t kind;
  uint32_t nth;  // from 1; 0: only counts
  std::atomic<uint32_t> calls;
  std::atomic<uint32_t> failed;
  char thread[kNameBytes];
  std::atomic<uint32_t> used;
  Thread threads[kThreads];
};
Control* control;

__attribute__((constructor)) void Connect() {
  const char* path = getenv("PPROF_FAILING_CALLS");
  if (path == nullptr) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* page = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page != MAP_FAILED) control = static_cast<Control*>(page);
}

// Two threads of one name may take two entries: the test adds them up.
void Count(const char* name, Kind kind) {
  const uint32_t used = std::min<uint32_t>(control->used.load(), kThreads);
  for (uint32_t i = 0; i < used; ++i) {
    if (strcmp(control->threads[i].name, name) != 0) continue;
    control->threads[i].calls[kind].fetch_add(1);
    return;
  }
  const uint32_t at = control->used.fetch_add(1);
  if (at >= kThreads) return;
  memcpy(control->threads[at].name, name, kNameBytes);
  control->threads[at].calls[kind].fetch_add(1);
}

bool Fails(Kind kind) {
  if (control == nullptr || control->armed.load() == 0) return false;
  const int saved_errno = errno;
  char name[kNameBytes] = {};
  prctl(PR_GET_NAME, name);
  errno = saved_errno;
  if (strncmp(name, "pprof-", 6) != 0) return false;
  if (control->nth == 0) {
    Count(name, kind);
    return false;
  }
  if (control->kind != kind || strcmp(control->thread, name) != 0) return false;
  if (control->calls.fetch_add(1) + 1 != control->nth) return false;
  control->failed.fetch_add(1);
  return true;
}

// As of the first call; not a static of a template with a guard that a fork could leave locked.
template <typename Function>
Function Next(std::atomic<void*>& cache, const char* name) {
  void* found = cache.load();
  if (found == nullptr) {
    found = dlsym(RTLD_NEXT, name);
    cache.store(found);
  }
  return reinterpret_cast<Function>(found);
}

}  // namespace

// NOLINTBEGIN(bugprone-macro-parentheses): a result type and parameter lists take none
// NAME(PARAMETERS) SPECIFIER that returns FAILURE with ERROR, or calls the next one with ARGUMENTS.
#define FAILING(result, name, parameters, specifier, arguments, kind, failure, error) \
  extern "C" result name parameters specifier {                                       \
    static std::atomic<void*> cache;                                                  \
    if (Fails(kind)) {                                                                \
      errno = error;                                                                  \
      return failure;                                                                 \
    }                                                                                 \
    return Next<result(*) parameters>(cache, #name) arguments;                        \
  }
// NOLINTEND(bugprone-macro-parentheses)

FAILING(void*, tc_malloc, (size_t size), , (size), kAllocation, nullptr, ENOMEM)
FAILING(void*, tc_calloc, (size_t count, size_t size), , (count, size), kAllocation, nullptr,
        ENOMEM)
FAILING(void*, tc_realloc, (void* old, size_t size), , (old, size), kAllocation, nullptr, ENOMEM)
FAILING(void*, tc_memalign, (size_t align, size_t size), , (align, size), kAllocation, nullptr,
        ENOMEM)
FAILING(void*, mmap, (void* at, size_t size, int access, int flags, int fd, off_t offset), noexcept,
        (at, size, access, flags, fd, offset), kMapping, MAP_FAILED, ENOMEM)
FAILING(int, mprotect, (void* at, size_t size, int access), noexcept, (at, size, access), kMapping,
        -1, ENOMEM)
FAILING(DIR*, opendir, (const char* path), , (path), kOpen, nullptr, EMFILE)
FAILING(FILE*, fopen, (const char* path, const char* mode), , (path, mode), kOpen, nullptr, EMFILE)
FAILING(ssize_t, read, (int fd, void* out, size_t size), , (fd, out, size), kRead, -1, EIO)
FAILING(ssize_t, pread, (int fd, void* out, size_t size, off_t offset), , (fd, out, size, offset),
        kRead, -1, EIO)
FAILING(dirent*, readdir, (DIR * folder), , (folder), kRead, nullptr, EIO)
FAILING(ssize_t, recv, (int fd, void* out, size_t size, int flags), , (fd, out, size, flags), kRead,
        -1, ENOBUFS)
FAILING(ssize_t, send, (int fd, const void* data, size_t size, int flags), ,
        (fd, data, size, flags), kSocket, -1, ENOBUFS)
FAILING(int, accept4, (int fd, sockaddr* address, socklen_t* size, int flags), ,
        (fd, address, size, flags), kSocket, -1, ENOMEM)
FAILING(int, eventfd, (unsigned value, int flags), noexcept, (value, flags), kSocket, -1, EMFILE)
FAILING(ssize_t, process_vm_readv,
        (pid_t pid, const iovec* local, unsigned long locals, const iovec* remote,
         unsigned long remotes, unsigned long flags),
        noexcept, (pid, local, locals, remote, remotes, flags), kMemory, -1, EPERM)

extern "C" void* tc_new(size_t size) {
  static std::atomic<void*> cache;
  if (Fails(kAllocation)) throw std::bad_alloc();
  return Next<void* (*)(size_t)>(cache, "tc_new")(size);
}

extern "C" void* tc_new_nothrow(size_t size, const std::nothrow_t& tag) noexcept {
  static std::atomic<void*> cache;
  if (Fails(kAllocation)) return nullptr;
  return Next<void* (*)(size_t, const std::nothrow_t&)>(cache, "tc_new_nothrow")(size, tag);
}

extern "C" void* mremap(void* old, size_t size, size_t wanted, int flags, ...) noexcept {
  static std::atomic<void*> cache;
  if (Fails(kMapping)) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return Next<void* (*)(void*, size_t, size_t, int, ...)>(cache, "mremap")(old, size, wanted,
                                                                           flags);
}

extern "C" int open(const char* path, int flags, ...) {
  static std::atomic<void*> cache;
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  if (Fails(kOpen)) {
    errno = EMFILE;
    return -1;
  }
  return Next<int (*)(const char*, int, ...)>(cache, "open")(path, flags, mode);
}

extern "C" int openat(int folder, const char* path, int flags, ...) {
  static std::atomic<void*> cache;
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  if (Fails(kOpen)) {
    errno = EMFILE;
    return -1;
  }
  return Next<int (*)(int, const char*, int, ...)>(cache, "openat")(folder, path, flags, mode);
}

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*start)(void*), void* argument) noexcept {
  static std::atomic<void*> cache;
  if (Fails(kThread)) return EAGAIN;
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  return Next<Create>(cache, "pthread_create")(thread, attributes, start, argument);
}

// Timers and signals to threads are raw system calls. Every call has at most six arguments.
extern "C" long syscall(long number, ...) noexcept {
  static std::atomic<void*> cache;
  va_list more;
  va_start(more, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(more, long);
  va_end(more);
  const bool timer = number == SYS_timer_create || number == SYS_timer_settime;
  if ((timer && Fails(kTimer)) || (number == SYS_tgkill && Fails(kSignal))) {
    errno = EAGAIN;
    return -1;
  }
  return Next<long (*)(long, ...)>(cache, "syscall")(
      number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

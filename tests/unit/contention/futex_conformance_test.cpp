// syscall() through the hook and directly: all arguments and errno must be passed unchanged.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/contention/pthread_api.h"

namespace pprof::testing {
namespace {

TEST(SyscallConformance, FutexAnswers) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    std::atomic<uint32_t> word{7};
    const timespec soon{0, 3000000};
    const auto futex = [&](void* address, int operation, uint32_t value, const void* timeout) {
      return [&api, address, operation, value, timeout] {
        return api.syscall(SYS_futex, address, operation, value, timeout, nullptr, 0xFFFFFFFF);
      };
    };
    char* misaligned = reinterpret_cast<char*>(&word) + 1;
    log.Call("changed", futex(&word, FUTEX_WAIT_PRIVATE, 8, nullptr));
    log.Call("timeout", futex(&word, FUTEX_WAIT_PRIVATE, 7, &soon));
    log.Call("bitset, long ago", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 7, &kLongAgo));
    log.Call("bitset, changed", futex(&word, FUTEX_WAIT_BITSET, 8, nullptr));
    log.Call("misaligned", futex(misaligned, FUTEX_WAIT, 7, nullptr));
    log.Call("not mapped", futex(nullptr, FUTEX_WAIT, 7, nullptr));
    log.Call("no time", futex(&word, FUTEX_WAIT, 7, &kNoTime));
    log.Call("wake", futex(&word, FUTEX_WAKE, 1, nullptr));
    log.Call("no operation", futex(&word, 99, 0, nullptr));
    log.Call("unlock_pi, not owner", futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, nullptr));
    std::atomic<uint32_t> pi{0};
    log.Call("lock_pi", futex(&pi, FUTEX_LOCK_PI_PRIVATE, 0, nullptr));
    log.Call("lock_pi, owned", futex(&pi, FUTEX_LOCK_PI_PRIVATE, 0, nullptr));
    log.Call("unlock_pi", futex(&pi, FUTEX_UNLOCK_PI_PRIVATE, 0, nullptr));
  });
}

TEST(SyscallConformance, FutexWakesAndCounts) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    std::atomic<uint32_t> word{0};
    std::atomic<int> tid{0};
    CallLog waiter_log;
    std::thread waiter([&] {
      tid = gettid();
      waiter_log.Call("wait", [&] {
        return api.syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
      });
    });
    while (tid == 0) std::this_thread::yield();
    EXPECT_TRUE(WaitUntilAsleep(tid));
    log.Call("wake", [&] {
      return api.syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 5, nullptr, nullptr, 0);
    });
    waiter.join();
    for (const std::string& line : waiter_log.lines()) log.Note(line.c_str(), 0);
  });
}

// In the child of a fork that libc does not know about.
long ExitInChild(const PthreadApi& api) {
  const long child = api.syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) api.syscall(SYS_exit_group, 42);
  int status = 0;
  waitpid(static_cast<pid_t>(child), &status, 0);
  return WEXITSTATUS(status);
}

TEST(SyscallConformance, OtherCallsComeThrough) {
  ExpectSameAsPlain([](const PthreadApi& api, CallLog& log) {
    log.Call("getpid", [&] { return api.syscall(SYS_getpid) == getpid(); });
    log.Call("no call", [&] { return api.syscall(100000); });
    log.Call("negative", [&] { return api.syscall(-1L); });
    log.Call("bad descriptor", [&] { return api.syscall(SYS_close, -1); });
    // Six arguments: the last one, an offset, must be a multiple of the page size.
    log.Call("mmap", [&] {
      const long place =
          api.syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return munmap(reinterpret_cast<void*>(place), 4096);
    });
    log.Call("mmap, offset", [&] {
      return api.syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
    });
    log.Call("clone", [&] { return ExitInChild(api); });
  });
}

}  // namespace
}  // namespace pprof::testing

// A sandbox denies single system calls: another way is taken, or the profile states what the kernel
// answered. Each test denies them in a forked child, since a filter cannot be taken away.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <thread>

#include "pprof/recording.h"
#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/process/denial.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"
#include "tests/unit/threads/child_process.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

// The calls fail with `error` from here on, in this thread and those that it starts.
bool Deny(std::initializer_list<int> calls, unsigned error) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  for (const int call : calls) {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(code), code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) return false;
  }
  return true;
}

// 0: memory is copied, up to a hole, and what is not mapped is not read.
int CopiesMemory() {
  constexpr size_t kPage = 4096;
  const char text[] = "to be copied";
  char copy[sizeof text] = {};
  const auto from = reinterpret_cast<uintptr_t>(text);
  if (!sys::ReadOwnMemory(from, copy, sizeof copy) || std::string(copy) != text) return 2;
  if (sys::ReadOwnMemory(16, copy, sizeof copy)) return 3;
  auto* pages = static_cast<char*>(
      mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  pages[kPage - 1] = 'x';
  munmap(pages + kPage, kPage);
  static char two_pages[2 * kPage];
  const auto begin = reinterpret_cast<uintptr_t>(pages);
  if (sys::CopyOwnMemory(begin, two_pages, sizeof two_pages) != kPage) return 4;
  return two_pages[kPage - 1] == 'x' ? 0 : 5;
}

TEST(DeniedCalls, MemoryIsCopiedWithoutProcessVmReadv) {
  EXPECT_EQ(RunInChild([] { return Deny({SYS_process_vm_readv}, EPERM) ? CopiesMemory() : 1; }), 0);
}

// As in containers of old versions of Docker, and in gVisor.
TEST(DeniedCalls, MemoryIsCopiedWithoutBothCalls) {
  const auto run = [](unsigned error) {
    const bool denied = Deny({SYS_process_vm_readv, SYS_process_vm_writev}, error);
    return denied ? CopiesMemory() : 1;
  };
  static constexpr auto kRun = run;
  EXPECT_EQ(RunInChild([] { return kRun(EPERM); }), 0);
  EXPECT_EQ(RunInChild([] { return kRun(ENOSYS); }), 0);
}

bool HasComment(const Snapshot& snapshot, const std::string& wanted) {
  for (const std::string& comment : model::SnapshotAccess::ProfileOf(snapshot).comments) {
    if (comment.find(wanted) != std::string::npos) return true;
    std::fprintf(stderr, "comment: %s\n", comment.c_str());
  }
  return false;
}

TEST(DeniedCalls, TheCpuProfileSaysWhatTimerCreateAnswered) {
  EXPECT_EQ(RunInChild([] {
              if (!Deny({SYS_timer_create}, EPERM)) return 1;
              auto recording = Recording::Start("profile");
              if (!recording.ok()) return 2;
              Hog1(500000000);  // this thread may block all signals at the sampler's first look
              const Snapshot snapshot = std::move(recording).value().Stop().value();
              return HasComment(snapshot,
                                "timer_create: Operation not permitted; this process runs under a "
                                "seccomp filter")
                         ? 0
                         : 3;
            }),
            0);
}

// A thread that a sandbox does not let us ask has not ended.
TEST(DeniedCalls, ADumpSaysThatTgkillIsDenied) {
  EXPECT_EQ(RunInChild([] {
              static std::atomic<int32_t> tid{0};
              static std::atomic<bool> stop{false};
              std::thread runs([] {
                tid = sys::ThreadId();
                while (!stop) Hog1(1000000);
              });
              while (tid == 0) std::this_thread::yield();
              if (!Deny({SYS_tgkill}, EPERM)) return 1;
              const bool is_task = sys::IsTask(tid);
              const std::string dump = DumpOf(DumpText(), tid);
              stop = true;
              runs.join();
              const bool told = dump.find("tgkill: Operation not permitted") != std::string::npos;
              if (!told) std::fprintf(stderr, "%s\n", dump.c_str());
              return !is_task ? 2 : told ? 0 : 3;
            }),
            0);
}

TEST(DenialText, NamesTheLimitOnlyWhereItMayBeTheCause) {
  const std::string again = sys::DenialText("timer_create", EAGAIN);
  EXPECT_EQ(again.find("timer_create: Resource temporarily unavailable"), 0u) << again;
  EXPECT_EQ(again.find("seccomp"), std::string::npos);
  const std::string denied = sys::DenialText("timer_create", EPERM);
  EXPECT_EQ(denied.find("timer_create: Operation not permitted"), 0u) << denied;
  EXPECT_EQ(denied.find("RLIMIT"), std::string::npos) << denied;
}

}  // namespace
}  // namespace pprof::testing

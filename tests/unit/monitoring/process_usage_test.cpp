#include "profiler/sys/process/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <future>
#include <thread>
#include <vector>

#include "profiler/sys/memory_limits/memory_left.h"
#include "profiler/sys/process/sanitizers.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/time/clock.h"

namespace pprof::sys {
namespace {

TEST(ProcessUsage, SeesMemoryThatIsTouched) {
  ProcessUsageReader reader;
  const ProcessUsage before = reader.Read();
  constexpr size_t kBytes = size_t{64} << 20;
  std::vector<char> touched(kBytes, 'x');
  __asm__ volatile("" : : "r"(touched.data()) : "memory");  // clang++ removes unseen memory
  const ProcessUsage after = reader.Read();
  EXPECT_GT(after.resident_bytes - before.resident_bytes, int64_t{kBytes} * 9 / 10);
  EXPECT_GE(after.virtual_bytes, after.resident_bytes);
  EXPECT_EQ(touched[kBytes - 1], 'x');
}

TEST(ProcessUsage, CountsThreadsAndFiles) {
  if (SanitizerIsPresent()) GTEST_SKIP() << "it starts a thread of its own";
  const ProcessUsage before = ProcessUsageReader().Read();
  std::promise<void> end;
  std::thread thread([&] { end.get_future().wait(); });
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const ProcessUsage during = ProcessUsageReader().Read();
  close(file);
  end.set_value();
  thread.join();
  EXPECT_EQ(during.threads, before.threads + 1);
  EXPECT_EQ(during.open_files, before.open_files + 1);
}

TEST(ProcessUsage, CpuTimeIsThatOfTheProcess) {
  ProcessUsageReader reader;
  const int64_t before = reader.Read().cpu_nanos;
  const std::clock_t begin = std::clock();
  while (std::clock() - begin < CLOCKS_PER_SEC / 20) {
  }
  const int64_t used = reader.Read().cpu_nanos - before;
  EXPECT_GE(used, 50000000);
}

TEST(ProcessUsage, TheProcessHasStartedAndHasAName) {
  const int64_t start = ProcessStartBootNanos();
  const auto now = static_cast<int64_t>(BootNanos());
  EXPECT_LE(start, now);
  EXPECT_GT(start, now - int64_t{600} * 1000000000);
  EXPECT_EQ(ProgramName(), "pprof_monitoring_test");
}

TEST(ProcessUsage, LimitsAreThoseOfTheProcess) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  EXPECT_EQ(MostOpenFiles(), static_cast<int64_t>(files.rlim_cur));
  EXPECT_EQ(MostVirtualBytes(), ProcessUsage::kUnknown);
}

TEST(MemoryLimit, HasASourceAndRoomForThisProcess) {
  const MemoryLimit limit = ReadMemoryLimit();
  EXPECT_FALSE(limit.source.empty());
  EXPECT_GT(limit.bytes, uint64_t{1} << 20);
  EXPECT_LT(limit.bytes, uint64_t{1} << 46);
  EXPECT_GT(limit.used, 0u);
  EXPECT_LE(limit.used, limit.bytes);
}

}  // namespace
}  // namespace pprof::sys

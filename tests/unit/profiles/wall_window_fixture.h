// The wall clock window on threads that are made up.
#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "profiler/profiles/wall/wall_window.h"
#include "tests/unit/profiles/made_up_threads.h"
#include "tests/unit/profiles/profile_rows.h"

namespace pprof::profiles {

using testing::MadeUpProcess;
using testing::MadeUpThread;
using testing::MadeUpThreads;
using testing::Rows;

constexpr uint64_t kMs = 1'000'000;
inline const std::vector<uintptr_t> kA = {0xa0, 0xf1};  // shown as "a0 f0"
inline const std::vector<uintptr_t> kB = {0xb0, 0xf1};

class WallWindowTest : public ::testing::Test {
 protected:
  using Window = WallWindowOf<MadeUpThreads>;

  // Ticks are 10 ms long.
  Window Begin() {
    return Window(
        std::chrono::milliseconds(10),
        [this](int32_t tid, uint64_t nanos) { waited_to_run_.emplace_back(tid, nanos); },
        MadeUpThreads(&process_));
  }
  void Tick(Window& window, uint64_t millis = 10) {
    process_.now += millis * kMs;
    window.Tick();
  }
  static Rows Written(const Window& window, const CpuWindow* on_cpu = nullptr) {
    SnapshotBuilder builder(testing::TypeWithColumns(2), {});
    window.WriteTo(on_cpu, builder);
    return testing::RowsOf(builder);
  }
  MadeUpThread& thread(int32_t tid) { return process_.threads[tid]; }

  MadeUpProcess process_;
  std::vector<std::pair<int32_t, uint64_t>> waited_to_run_;
};

}  // namespace pprof::profiles

// Times the wrapped malloc and tcmalloc's own in one process, in alternating slices, so that
// disturbances affect both. Prints one line for each workload and setting:
//   NAME SETTING direct_ns wrapped_ns ratio_median ratio_q1 ratio_q3
#include <gperftools/tcmalloc.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "pprof/pprof.h"
#include "tests/bench/heap/thread_clock.h"
#include "tests/bench/heap/workloads.h"

namespace pprof::bench {
namespace {

constexpr int kSlices = 301;
constexpr size_t kDefaultInterval = 512 * 1024;

struct DirectMalloc {
  static void* Allocate(size_t size) { return tc_malloc(size); }
  static void Free(void* block) { tc_free(block); }
};

struct DirectNew {
  static void* Allocate(size_t size) { return tc_new(size); }
  static void Free(void* block) { tc_delete(block); }
};

double NanosPerOperation(void (*run)(int64_t), int64_t count) {
  const double begin = ThreadNanos();
  run(count);
  return (ThreadNanos() - begin) / static_cast<double>(count);
}

double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

void Compare(const char* name, void (*direct)(int64_t), void (*wrapped)(int64_t), int64_t count) {
  for (const size_t interval : {size_t{0}, kDefaultInterval}) {
    Sampling sampling = GetSampling();
    sampling.heap_interval = interval;
    if (!SetSampling(sampling).ok()) return;
    std::vector<double> direct_ns, wrapped_ns, ratios;
    // Warms up fresh pages and cold branches before the first measured slice.
    direct(count);
    wrapped(count);
    for (int slice = -10; slice < kSlices; ++slice) {  // the first ten warm up
      const bool direct_first = slice % 2 == 0;
      double one = NanosPerOperation(direct_first ? direct : wrapped, count);
      double other = NanosPerOperation(direct_first ? wrapped : direct, count);
      if (!direct_first) std::swap(one, other);
      if (slice < 0) continue;
      direct_ns.push_back(one);
      wrapped_ns.push_back(other);
      ratios.push_back(other / one);
    }
    std::printf("%s %s %.2f %.2f %.3f %.3f %.3f\n", name, interval == 0 ? "idle" : "on",
                Quantile(direct_ns, 0.5), Quantile(wrapped_ns, 0.5), Quantile(ratios, 0.5),
                Quantile(ratios, 0.25), Quantile(ratios, 0.75));
  }
}

}  // namespace
}  // namespace pprof::bench

int main() {
  using namespace pprof::bench;
  Compare("pair", Pairs<DirectMalloc>, Pairs<Malloc>, 50000);
  Compare("newdelete", Pairs<DirectNew>, Pairs<New>, 50000);
  Compare("ring", Ring<DirectMalloc>, Ring<Malloc>, 50000);
  Compare("map", StringMap<DirectNew>, StringMap<New>, 10000);
  return 0;
}

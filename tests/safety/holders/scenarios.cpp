#include "scenarios.h"

#include <pprof/labels.h>

#include <algorithm>
#include <cstring>

#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/time/clock.h"

namespace pprof::holders_test {

// The frames below may hold a scenario's last pointers.
__attribute__((noinline)) void WipeStack() {
  volatile char bytes[32768];
  for (volatile char& byte : bytes) byte = 0;
}

char* Buffer(size_t bytes) {
  auto* buffer = new char[bytes];
  std::memset(buffer, 'b', bytes);
  return buffer;
}

std::vector<Expectation> BuildScenarios(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Scenario> all;
  for (const auto& part :
       {ContainerScenarios(), PointerScenarios(), LostScenarios(), ThreadScenarios()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  std::shuffle(all.begin(), all.end(), random);
  std::vector<Expectation> expected;
  expected.reserve(all.size());
  for (const Scenario& scenario : all) {
    expected.push_back(scenario.expected);
    const LabelSet labels{{"scenario", scenario.expected.scenario}};
    const ScopedLabels scope(labels);
    scenario.build(random);
    WipeStack();
  }
  // So that all blocks are older than the clock's tick.
  const uint64_t built = sys::CoarseMonotonicMillis();
  while (sys::CoarseMonotonicMillis() < built + 20) sys::Yield();
  return expected;
}

}  // namespace pprof::holders_test

// Profiles for tests, registered through the public API, with counters of their calls.
#pragma once

#include <atomic>
#include <string>

namespace pprof::http {

struct TestProfiles {
  std::atomic<int> collected{0};
  std::atomic<int> recording{0};  // running now
  std::atomic<int> recorded{0};
  std::atomic<int> hz{0};
  std::atomic<int> resets{0};
  std::atomic<int> count{7};
  std::string last_parameter;  // written by "test.collected", read when no request runs
};

// Registers once per process: "test.collected" (parameter min_age, action reset), "test.recorded",
// "test.unsupported", "test.throws", "test.big".
TestProfiles& Profiles();

}  // namespace pprof::http

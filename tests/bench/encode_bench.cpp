// From stacks to bytes: building, subtracting, encoding.
#include <benchmark/benchmark.h>

#include <ostream>
#include <random>
#include <streambuf>

#include "profiler/encode/encoders.h"
#include "profiler/model/delta.h"
#include "profiler/model/profile_builder.h"
#include "tests/unit/large_profile.h"

namespace pprof::test {
namespace {

class CountingBuffer : public std::streambuf {
 public:
  int64_t bytes() const { return bytes_; }

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    bytes_ += count;
    return count;
  }
  int_type overflow(int_type c) override { return c; }

 private:
  int64_t bytes_ = 0;
};

using Writer = Status (*)(const model::Profile&, const model::Symbols&, std::ostream&);

// 100,000 samples of 30 frames, 25,000 locations, 8,000 functions.
void Encode(benchmark::State& state, Writer write) {
  const model::Profile profile = LargeProfile();
  const model::Symbols symbols = LargeSymbols(profile);
  int64_t bytes = 0;
  for (auto _ : state) {
    CountingBuffer buffer;
    std::ostream out(&buffer);
    if (!write(profile, symbols, out).ok()) state.SkipWithError("write failed");
    bytes = buffer.bytes();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(Encode, proto_100k_x_30, &encode::WriteProto)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, text_100k_x_30, &encode::WriteText)->Unit(benchmark::kMillisecond);

constexpr size_t kStacks = 2'000;
constexpr size_t kDepth = 20;

std::vector<uintptr_t> RandomStacks() {
  std::mt19937_64 random(7);
  std::vector<uintptr_t> pcs(kStacks * kDepth);
  for (uintptr_t& pc : pcs) pc = 0x7f0000000000 + random() % 6'000 * 64;
  return pcs;
}

std::shared_ptr<const model::Profile> BuildOnce(const std::vector<uintptr_t>& pcs) {
  model::ProfileBuilder builder("heap", {{"alloc_objects", "count"},
                                         {"alloc_space", "bytes"},
                                         {"inuse_objects", "count"},
                                         {"inuse_space", "bytes"}});
  for (uint64_t i = 0; i < 40; ++i) {
    builder.AddMapping({0x7f0000000000 + (i << 14), 0x7f0000000000 + ((i + 1) << 14), 0, "x", ""});
  }
  const int64_t values[] = {1, 2, 3, 4};
  for (size_t i = 0; i < kStacks; ++i) builder.Add({&pcs[i * kDepth], kDepth}, values, {});
  return builder.Finish();
}

void Build(benchmark::State& state) {
  const std::vector<uintptr_t> pcs = RandomStacks();
  for (auto _ : state) benchmark::DoNotOptimize(BuildOnce(pcs));
}
BENCHMARK(Build)->Name("Build/2000_x_20")->Unit(benchmark::kMicrosecond);

void Subtract(benchmark::State& state) {
  const auto profile = BuildOnce(RandomStacks());
  for (auto _ : state) benchmark::DoNotOptimize(model::Difference(*profile, *profile));
}
BENCHMARK(Subtract)->Name("Subtract/2000_x_20")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pprof::test

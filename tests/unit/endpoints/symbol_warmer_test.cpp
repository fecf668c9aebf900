#include "endpoints/symbol_warmer.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <vector>

#include "pprof/http.h"
#include "pprof/pprof.h"
#include "profiler/symbolize/service/shared_state.h"
#include "tests/unit/endpoints/test_server.h"

namespace pprof::http {
namespace {

// 64 MiB: at any usual interval some of it is sampled.
__attribute__((noinline)) std::vector<std::unique_ptr<char[]>> HoldMemory() {
  std::vector<std::unique_ptr<char[]>> held;
  for (int i = 0; i < 64; ++i) held.push_back(std::make_unique<char[]>(size_t{1} << 20));
  return held;
}

size_t PlacesKnown() {
  symbolize::SharedState* shared = symbolize::SharedState::IfMade();
  if (shared == nullptr) return 0;
  const sys::MutexLock lock(shared->mutex);
  return shared->cache.locations();
}

// The heap profile with cached symbols only.
std::string HeapOfKnownNames() {
  std::ostringstream out;
  SymbolOptions options;
  options.within = std::chrono::nanoseconds(0);
  EXPECT_TRUE(Collect("heap").value().Symbolize(options).WriteTo(out, Format::kText).ok());
  return out.str();
}

TEST(SymbolWarmer, NamesAreKnownBeforeSomebodyAsks) {
  if (const auto heap = Collect("heap"); !heap.ok()) GTEST_SKIP() << heap.status().message();
  const auto held = HoldMemory();
  Options options;
  options.address = "127.0.0.1:0";
  { const auto cold = Server::Start(options).value(); }
  ASSERT_EQ(PlacesKnown(), 0u);  // not enabled: nothing is symbolized
  options.warm_symbols_every = std::chrono::milliseconds(20);
  const auto server = Server::Start(options).value();
  ASSERT_TRUE(Eventually([] { return PlacesKnown() > 0; }));
  EXPECT_TRUE(Eventually([] {
    return HeapOfKnownNames().find("symbol_warmer_test.cpp:") != std::string::npos;
  })) << HeapOfKnownNames();
}

TEST(SymbolWarmer, ANegativePauseIsRefused) {
  Options options;
  options.warm_symbols_every = std::chrono::milliseconds(-1);
  EXPECT_EQ(Server::Start(options).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pprof::http

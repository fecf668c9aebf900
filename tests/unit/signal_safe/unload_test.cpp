// Code that was dlclosed keeps its name in profiles, even if other code reuses its addresses.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "pprof/pprof.h"
#include "profiler/signal_safe/tables/unloaded_modules.h"
#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof {
namespace {

using CallPlugin = int (*)(void (*callback)(void*), void* context);

// Allocates through the plugin's function: at interval 1 nearly every block is sampled.
void AllocateThrough(void* handle, std::vector<void*>* kept) {
  const auto call = reinterpret_cast<CallPlugin>(dlsym(handle, "PluginCall"));
  ASSERT_NE(call, nullptr);
  for (int i = 0; i < 64; ++i) {
    call(
        [](void* blocks) {
          static_cast<std::vector<void*>*>(blocks)->push_back(std::malloc(4096));
        },
        kept);
  }
}

std::string HeapText() {
  const Result<Snapshot> heap = Collect("heap");
  std::ostringstream text;
  EXPECT_TRUE(heap.ok() && heap.value().Symbolize().WriteTo(text, Format::kText).ok());
  return text.str();
}

// The addresses whose line in the text ends with `place`.
std::set<std::string> PlacesOf(const std::string& place, const std::string& text) {
  std::set<std::string> addresses;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool there = line.size() > place.size() &&
                       line.compare(line.size() - place.size(), place.size(), place) == 0;
    if (there) addresses.insert(line.substr(0, line.find('\t', 2)));
  }
  return addresses;
}

TEST(UnloadedModules, KeepTheirNamesWhenAnotherModuleTakesTheirPlace) {
  const Result<Snapshot> supported = Collect("heap");
  if (!supported.ok()) GTEST_SKIP() << supported.status().message();  // under a sanitizer
  const ScopedInterval all(1);
  std::vector<void*> kept;
  kept.reserve(128);  // its growth would be sampled through the plugin, too
  void* first = dlopen(PPROF_TEST_PLUGIN_1, RTLD_NOW);
  ASSERT_NE(first, nullptr) << dlerror();
  AllocateThrough(first, &kept);
  ASSERT_EQ(dlclose(first), 0);
  ASSERT_GT(signal_safe::unloaded_modules.size(), 0u);
  void* second = dlopen(PPROF_TEST_PLUGIN_2, RTLD_NOW);
  ASSERT_NE(second, nullptr) << dlerror();
  AllocateThrough(second, &kept);
  // The same code in two builds: the call is at two addresses of the same range, and both are
  // named, from two files.
  const std::string text = HeapText();
  EXPECT_EQ(PlacesOf("plugin.cpp:14", text).size(), 2u) << text;
  for (void* block : kept) std::free(block);
  dlclose(second);
}

}  // namespace
}  // namespace pprof

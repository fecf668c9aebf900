#include "profiler/sys/modules/loaded_module.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "profiler/sys/process/sanitizers.h"

// Not in the table of exported symbols, whatever the linker exports.
extern "C" __attribute__((visibility("hidden"))) int pprof_test_hidden() { return 1; }

namespace pprof::sys {
namespace {

TEST(LoadedModule, StartsWithTheExecutable) {
  const LoadedModule first = LoadedModule::First();
  ASSERT_TRUE(first);
  EXPECT_EQ(first, LoadedModule::Of(reinterpret_cast<const void*>(&pprof_test_hidden)));
  EXPECT_STREQ(first.path(), "");
}

TEST(LoadedModule, IsFoundByNameAndByAddress) {
  const LoadedModule libc = LoadedModule::Named("libc.so.");
  ASSERT_TRUE(libc);
  EXPECT_NE(std::string(libc.path()).find("libc.so.6"), std::string::npos);
  EXPECT_EQ(libc, LoadedModule::Of(dlsym(RTLD_NEXT, "getpid")));
  EXPECT_FALSE(LoadedModule::Named("libnosuch.so."));
  EXPECT_FALSE(LoadedModule::Of(nullptr));
}

TEST(LoadedModule, KnowsTheLoadOrder) {
  const LoadedModule first = LoadedModule::First(), libc = LoadedModule::Named("libc.so.");
  EXPECT_TRUE(first.IsBefore(libc));
  EXPECT_FALSE(libc.IsBefore(first));
  EXPECT_FALSE(first.IsBefore(first));
  EXPECT_FALSE(first.IsBefore(LoadedModule()));
}

TEST(LoadedModule, ExportsWhatDlsymFinds) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "it stands before the C library";
  const LoadedModule libc = LoadedModule::Named("libc.so.");
  for (const char* name : {"getpid", "qsort", "strlen", "memcpy", "fopen"}) {
    EXPECT_EQ(libc.Exported(name), reinterpret_cast<uintptr_t>(dlsym(RTLD_NEXT, name))) << name;
  }
  EXPECT_EQ(libc.Exported("no_such_function"), 0U);
  EXPECT_EQ(LoadedModule::First().Exported("pprof_test_hidden"), 0U);
}

// The C library's and libstdc++'s calls reach the executable's malloc.
TEST(LoadedModule, TellsWhatALibraryCalls) {
  const Definition malloc_now = FirstDefinition("malloc");
  EXPECT_EQ(malloc_now.address, reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "malloc")));
  EXPECT_EQ(LoadedModule::Named("libc.so.").Called("malloc"), malloc_now.address);
  const LoadedModule cxx = LoadedModule::Named("libstdc++.so.");
  ASSERT_TRUE(cxx);
  delete new std::string(1000, 'x');  // binds libstdc++'s call, if it was not before
  EXPECT_NE(cxx.CallEntry("malloc"), 0U);
  if (const uintptr_t called = cxx.Called("malloc")) {
    EXPECT_EQ(called, malloc_now.address);
  }
  EXPECT_EQ(cxx.Called("no_such_function"), 0U);
  EXPECT_EQ(cxx.CallEntry("no_such_function"), 0U);
}

TEST(LoadedModule, EveryModuleOfTheListCanBeAsked) {
  struct Seen {
    int modules = 0, with_malloc = 0;
  } seen;
  WhileModulesStay(
      [](void* opaque) {
        auto& count = *static_cast<Seen*>(opaque);
        for (LoadedModule m = LoadedModule::First(); m; m = m.Next()) {
          ++count.modules;
          if (m.Exported("malloc") != 0) ++count.with_malloc;
        }
      },
      &seen);
  EXPECT_GT(seen.modules, 3);      // the executable, libstdc++, libc, ld.so
  EXPECT_GE(seen.with_malloc, 1);  // libc
}

}  // namespace
}  // namespace pprof::sys

#include "profiler/symbolize/module/data_symbols.h"

#include <gtest/gtest.h>
#include <link.h>

#include <string>
#include <vector>

namespace pprof::symbolize {

int data_symbols_test_array[100];  // NOLINT(readability-identifier-naming): looked up by this name

namespace {

thread_local volatile int local_of_thread[3];

int* StaticInFunction() {
  static int inner[5];
  return inner;
}

// Where this program is loaded.
uint64_t Base() {
  uint64_t base = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        *static_cast<uint64_t*>(out) = info->dlpi_addr;
        return 1;
      },
      &base);
  return base;
}

uint64_t InFile(const void* address) { return reinterpret_cast<uint64_t>(address) - Base(); }

ModuleRef ThisProgram() {
  ModuleRef module;
  module.path = "/proc/self/exe";
  return module;
}

TEST(DataSymbols, NameStaticVariablesOfAnyScope) {
  const std::vector<DataSymbol> found =
      FindDataSymbols(ThisProgram(), DataKind::kStatic,
                      {InFile(&data_symbols_test_array[99]), InFile(StaticInFunction() + 2), 1});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].linkage_name, "_ZN5pprof9symbolize23data_symbols_test_arrayE");
  EXPECT_EQ(found[0].start, InFile(&data_symbols_test_array[0]));
  EXPECT_EQ(found[0].size, sizeof data_symbols_test_array);
  EXPECT_EQ(found[0].section, ".bss");
  EXPECT_NE(found[1].linkage_name.find("StaticInFunction"), std::string::npos);
  EXPECT_TRUE(found[2].linkage_name.empty());
}

TEST(DataSymbols, NameThreadLocals) {
  local_of_thread[0] = 1;
  std::vector<uint64_t> offsets;
  for (uint64_t offset = 0; offset < 512; offset += 4) offsets.push_back(offset);
  int bytes = 0;
  for (const DataSymbol& symbol : FindDataSymbols(ThisProgram(), DataKind::kThreadLocal, offsets)) {
    const bool is_it = symbol.linkage_name.find("local_of_thread") != std::string::npos;
    bytes += is_it ? 4 : 0;
  }
  EXPECT_EQ(bytes, 12);
}

TEST(DataSymbols, OfAFileThatIsNoneAreNone) {
  ModuleRef module;
  module.path = "/etc/passwd";
  EXPECT_TRUE(FindDataSymbols(module, DataKind::kStatic, {17})[0].linkage_name.empty());
}

}  // namespace
}  // namespace pprof::symbolize

// pprof::Symbolize(), called like in an application.
#include <gtest/gtest.h>

#include "pprof/pprof.h"
#include "pprof/symbolize.h"

namespace {

[[gnu::always_inline]] inline int InlinedPart(int x) {
  asm volatile("nop" : "+r"(x));
  return x * 3;
}

[[gnu::noinline]] uint64_t AddressHere() {
  uint64_t address = 0;
  asm volatile("lea 0(%%rip), %0" : "=r"(address));
  return address;
}

[[gnu::noinline]] int Outer(uint64_t* address) {
  asm volatile("1: lea 1b(%%rip), %0" : "=r"(*address));
  return InlinedPart(4);
}

TEST(Symbolize, GivesFunctionFileAndLine) {
  uint64_t address = 0;
  EXPECT_EQ(Outer(&address), 12);
  const std::vector<pprof::Frames> all = pprof::Symbolize({address, 0x10, address});
  ASSERT_EQ(all.size(), 3U);
  ASSERT_FALSE(all[0].empty());
  const pprof::Frame& outer = all[0].back();
  EXPECT_NE(outer.function.find("Outer"), std::string::npos);
  EXPECT_EQ(outer.system_name.substr(0, 2), "_Z");
  EXPECT_NE(outer.file.find("public_symbolize_test.cpp"), std::string::npos);
  EXPECT_GT(outer.line, 0);
  EXPECT_FALSE(outer.inlined);
  EXPECT_TRUE(all[1].empty());
  EXPECT_EQ(all[2].size(), all[0].size());
}

TEST(Symbolize, InlinedFramesComeFirst) {
  uint64_t begin = 0;
  Outer(&begin);
  std::vector<uint64_t> addresses;
  for (uint64_t i = 0; i < 48; ++i) addresses.push_back(begin + i);
  bool found = false;
  for (const pprof::Frames& frames : pprof::Symbolize(addresses)) {
    if (frames.size() != 2) continue;
    found |= frames[0].inlined && frames[0].function.find("InlinedPart") != std::string::npos &&
             !frames[1].inlined && frames[1].function.find("Outer") != std::string::npos;
  }
  EXPECT_TRUE(found);
}

TEST(Symbolize, WorksWithoutACacheToo) {
  pprof::SetSymbolCacheBytes(0);
  const uint64_t address = AddressHere();
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(pprof::Symbolize({address})[0].empty());
  pprof::SetSymbolCacheBytes(size_t{32} << 20);
  EXPECT_EQ(pprof::Symbolize({address, 0}).size(), 2U);
  EXPECT_TRUE(pprof::Symbolize({}).empty());
}

}  // namespace

#include "profiler/symbolize/elf/string_pool.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {
namespace {

TEST(StringPool, EqualTextsHaveOneId) {
  StringPool pool(std::pmr::get_default_resource());
  const StringId id = pool.Intern("name");
  EXPECT_EQ(pool.Intern(std::string("na") + "me"), id);
  EXPECT_NE(pool.Intern("other"), id);
  EXPECT_EQ(pool.Text(id), "name");
  EXPECT_EQ(pool.Intern(""), kNoString);
}

TEST(StringPool, DeferredTextsComeFromTheSection) {
  ByteWriter bytes;
  const std::string longer(5000, 'x');
  bytes.Text("first").Text(longer).Text("last").U8('u').U8('n');
  TimeBudget budget(TimeBudget::Clock::time_point::max());
  SectionData data;
  data.stored = bytes.view();
  data.size = bytes.size();
  SectionStream section(data, &budget);
  StringPool pool(std::pmr::get_default_resource());
  const StringId last = pool.Defer(1, 6 + 5001);
  const StringId first = pool.Defer(1, 0);
  const StringId middle = pool.Defer(1, 6);
  const StringId unfinished = pool.Defer(1, bytes.size() - 2);
  const StringId outside = pool.Defer(1, 1 << 20);
  EXPECT_EQ(pool.Defer(1, 0), first);
  EXPECT_NE(pool.Defer(2, 0), first);
  EXPECT_EQ(pool.Defer(1, ~uint64_t{0}), kNoString);
  pool.ResolveSection(1, section);
  EXPECT_EQ(pool.Text(first), "first");
  EXPECT_EQ(pool.Text(middle), longer);
  EXPECT_EQ(pool.Text(last), "last");
  EXPECT_EQ(pool.Text(unfinished), "");
  EXPECT_EQ(pool.Text(outside), "");
}

TEST(StringPool, ViewsSurviveManyMore) {
  StringPool pool(std::pmr::get_default_resource());
  const std::string_view first = pool.Text(pool.Intern("first"));
  for (int i = 0; i < 100000; ++i) pool.Intern(std::to_string(i));
  EXPECT_EQ(first, "first");
}

}  // namespace
}  // namespace pprof::symbolize

#include "profiler/encode/gzip_sink.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "profiler/encode/utf8.h"
#include "tests/unit/decoded_profile.h"

namespace pprof::encode {
namespace {

TEST(GzipSink, WhatGoesInComesOut) {
  std::mt19937_64 random(1);
  for (const size_t size : {0, 1, 65535, 65536, 65537, 1'000'000}) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    std::ostringstream out;
    GzipSink sink(out);
    for (size_t at = 0; at < size; at += 70'000) {
      sink.Write(std::string_view(bytes).substr(at, 70'000));
    }
    ASSERT_TRUE(sink.Finish().ok());
    EXPECT_EQ(test::Gunzip(out.str()), bytes) << size;
  }
}

TEST(GzipSink, AFailureStays) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  GzipSink sink(out);
  sink.Write(std::string(1'000'000, 'x'));
  EXPECT_FALSE(sink.Finish().ok());
  EXPECT_FALSE(sink.ok());
}

TEST(Utf8, KnowsWellFormedText) {
  for (const char* good : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                           "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
    EXPECT_EQ(ToUtf8(good), good);
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xff", "a\xe2\x82z", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
    EXPECT_TRUE(IsUtf8(ToUtf8(bad))) << bad;
  }
  EXPECT_EQ(ToUtf8("a\xffz"), "a\xef\xbf\xbdz");
}

}  // namespace
}  // namespace pprof::encode

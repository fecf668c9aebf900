// The text forms of the goroutine profile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <sstream>
#include <string>

#include "pprof/labels.h"
#include "pprof/recording.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/pipe_reader.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Goroutine, FullDumpHasGosShape) {
  const PipeReader reader([](const auto& leaf) {
    const ScopedLabels labels(LabelSet{{"route", "/orders"}});
    pthread_setname_np(pthread_self(), "orders");
    Recurse(1, leaf);
  });
  const std::string dump = DumpOf(DumpText(), reader.thread.tid());
  EXPECT_THAT(dump, HasSubstr(", \"orders\", cpu 0."));
  EXPECT_THAT(dump, HasSubstr("route: \"/orders\""));
  EXPECT_THAT(dump, ContainsRegex("\nread\\(\\.\\.\\.\\)\n\t|\n__GI___libc_read\\(\\.\\.\\.\\)\n\t|"
                                  "\n__libc_read\\(\\.\\.\\.\\)\n\t"));
  EXPECT_THAT(dump, ContainsRegex("\npprof::testing::Recurse\\(\\.\\.\\.\\)\n"
                                  "\t/.*known_work.cpp:[0-9]+ \\+0x[0-9a-f]+\n"));
  EXPECT_THAT(dump, ContainsRegex("\ncreated by .*ParkedThread.* in goroutine " +
                                  std::to_string(OwnTid()) + "\n\t/.*parked_thread.cpp:[0-9]+"));
}

TEST(Goroutine, HostileNamesStayInTheirPlace) {
  const PipeReader reader([](const auto& leaf) {
    const ScopedLabels labels(LabelSet{{"evil", "\"}:\ngoroutine 1 [x"}});
    pthread_setname_np(pthread_self(), "a\"]\nb:");
    leaf();
  });
  const std::string header = HeaderOf(reader.thread.tid());
  EXPECT_EQ(header.back(), ':');
  EXPECT_EQ(header.find(']'), header.rfind(']'));
  EXPECT_THAT(DumpText(), Not(HasSubstr("\ngoroutine 1 [x")));
}

TEST(Goroutine, EqualStacksAreGroupedInText) {
  const auto park = [](const auto& leaf) { Recurse(2, leaf); };
  const PipeReader a(park), b(park), c(park);
  std::ostringstream out;
  ASSERT_TRUE(Collect("goroutine").value().Symbolize().WriteTo(out, Format::kText).ok());
  EXPECT_THAT(out.str(), ContainsRegex("(^|\n)3 @ 0x"));
  EXPECT_THAT(out.str(), StartsWith("goroutine profile: total "));
}

}  // namespace
}  // namespace pprof::testing

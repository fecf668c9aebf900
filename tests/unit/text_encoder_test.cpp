#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "profiler/encode/encoders.h"
#include "profiler/encode/tab_columns.h"
#include "profiler/encode/text_quote.h"
#include "tests/unit/sample_profile.h"

namespace pprof::test {
namespace {

std::string Write(const SampleInput& input) {
  std::ostringstream out;
  EXPECT_TRUE(encode::WriteText(input.profile, input.symbols, out).ok());
  return out.str();
}

// Compares with tests/golden/NAME; PPROF_CPP_UPDATE_GOLDEN=1 writes the file instead.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(PPROF_TEST_DATA) + "/" + name;
  if (std::getenv("PPROF_CPP_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str()) << "golden: " << path;
}

const std::vector<ValueType> kContentionValues = {{"contentions", "count"},
                                                  {"delay", "nanoseconds"}};

TEST(TextEncoder, HeapForm) {
  SampleInput input = HeapSample();
  input.profile.text_trailer = "# heap_interval = 524288\n# live_samples = 11\n";
  ExpectGolden("heap.txt", Write(input));
}

TEST(TextEncoder, HeapFormOfTwoColumnsGivesOnePair) {
  ExpectGolden("heap_min_age.txt",
               Write(SampleAs("heap", TextForm::kHeap,
                              {{"inuse_objects", "count", ValueType::Delta::kAtEnd},
                               {"inuse_space", "bytes", ValueType::Delta::kAtEnd}})));
}

TEST(TextEncoder, HeapHeaderTellsAllocFromInuseEvenWhenEqual) {
  SampleInput input = HeapSample();
  for (auto& value : input.profile.sample_values) value = 5;
  EXPECT_EQ(Write(input).substr(0, 47), "heap profile: 20: 20 [20: 21] @ heapprofile\n5: ");
}

TEST(TextEncoder, CountForm) {
  SampleInput input = SampleAs("goroutine", TextForm::kCount, {{"goroutine", "count"}});
  input.profile.lost_samples = 3;
  input.profile.comments = {"two\nlines"};
  ExpectGolden("goroutine.txt", Write(input));
}

TEST(TextEncoder, ContentionForms) {
  ExpectGolden("block.txt", Write(SampleAs("block", TextForm::kContention, kContentionValues)));
  ExpectGolden("mutex.txt", Write(SampleAs("mutex", TextForm::kContention, kContentionValues)));
}

TEST(TextEncoder, EverySampleLineHasAnAddress) {
  SampleInput input = SampleAs("threadcreate", TextForm::kCount, {{"threadcreate", "count"}});
  for (model::Sample& sample : input.profile.samples) sample.depth = 0;
  EXPECT_EQ(Write(input).find("@\n"), std::string::npos);
}

TEST(TextEncoder, LeavesOutUnloadedMappings) {
  SampleInput input = HeapSample();
  input.profile.mappings[1].unloaded = true;
  EXPECT_EQ(Write(input).find("libnames"), std::string::npos);
}

TEST(TextEncoder, ReturnsTheWriteError) {
  const SampleInput input = HeapSample();
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_FALSE(encode::WriteText(input.profile, input.symbols, out).ok());
}

// Lines of Go 1.19's own /debug/pprof/goroutine?debug=1.
TEST(TabColumns, AlignsAsGoDoes) {
  const std::vector<encode::Row> rows = {
      {"#", "0x47026b", "sync.(*Cond).Wait+0x8b", "/usr/lib/go-1.19/src/sync/cond.go:70"},
      {"#", "0x619574", "net/http.(*connReader).abortPendingRead+0xb4", "/server.go:726"},
      {"#", "0x61e949", "net/http.(*response).finishRequest+0x89", "/server.go:1658"},
      {"#", "0x61f609", "net/http.(*conn).serve+0x649", "/server.go:1997"}};
  EXPECT_EQ(encode::AlignRows(rows),
            "#\t0x47026b\tsync.(*Cond).Wait+0x8b\t\t\t\t/usr/lib/go-1.19/src/sync/cond.go:70\n"
            "#\t0x619574\tnet/http.(*connReader).abortPendingRead+0xb4\t/server.go:726\n"
            "#\t0x61e949\tnet/http.(*response).finishRequest+0x89\t\t/server.go:1658\n"
            "#\t0x61f609\tnet/http.(*conn).serve+0x649\t\t\t/server.go:1997\n");
}

TEST(TabColumns, ShortRowEndsAColumn) {
  EXPECT_EQ(encode::AlignRows(
                {{"#", "0x1", "a_long_name_here", "x:1"}, {"#", "0x2"}, {"#", "0x3", "b", "y:2"}}),
            "#\t0x1\ta_long_name_here\tx:1\n#\t0x2\n#\t0x3\tb\ty:2\n");
}

TEST(TextQuote, QuotesAsGoDoes) {
  EXPECT_EQ(encode::Quoted("blocked \"q\" \\ \n\t\x01 caf\xc3\xa9"),
            "\"blocked \\\"q\\\" \\\\ \\n\\t\\x01 caf\xc3\xa9\"");
  EXPECT_EQ(encode::OneLine("a\nb\x7f\xff"), "a b \xef\xbf\xbd");
}

}  // namespace
}  // namespace pprof::test

#include "profiler/sys/process/command_line.h"

#include <gtest/gtest.h>

namespace pprof::sys {
namespace {

std::string Joined(const std::vector<std::string>& arguments) {
  std::string text = JoinRedacted(arguments);
  for (char& c : text) c = c == '\0' ? ' ' : c;
  return text;
}

TEST(Cmdline, HidesTheValuesOfSecretLookingArguments) {
  EXPECT_EQ(Joined({"app", "-v", "--port=1"}), "app -v --port=1");
  EXPECT_EQ(Joined({"app", "--db-password=x"}), "app --db-password=[redacted]");
  EXPECT_EQ(Joined({"app", "--API_KEY", "x", "y"}), "app --API_KEY [redacted] y");
  EXPECT_EQ(Joined({"app", "--token", "--verbose"}), "app --token [redacted]");
  EXPECT_EQ(Joined({"app", "--key", "--token", "-x", "y"}), "app --key [redacted] [redacted] y");
  EXPECT_EQ(Joined({"app", "Secret=x"}), "app Secret=[redacted]");
  EXPECT_EQ(Joined({"app", "monkey", "x"}), "app monkey x");
  EXPECT_EQ(JoinRedacted({"a", "b"}), std::string("a\0b", 3));
}

TEST(Cmdline, IsThatOfThisProcess) {
  EXPECT_NE(RedactedCommandLine().find("pprof_unit_test"), std::string::npos);
  EXPECT_NE(ProgramPath().find("/pprof_unit_test"), std::string::npos);
}

}  // namespace
}  // namespace pprof::sys

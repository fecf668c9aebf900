#include "profiler/interpose/next.h"

#include <gtest/gtest.h>

namespace pprof::interpose {
namespace {

TEST(NextTest, FindsTheDefinitionBehindOurs) {
  EXPECT_NE(FindNext("pthread_mutex_lock", nullptr), nullptr);
}

// In a static program no function has a next definition.
TEST(NextDeathTest, SaysWhatIsMissingAndWhatToDo) {
  EXPECT_DEATH(FindNext("no_such_function", nullptr),
               "no next definition of no_such_function found.*link the C library dynamically");
}

}  // namespace
}  // namespace pprof::interpose

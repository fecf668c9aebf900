#include "profiler/interpose/next.h"

#include <gtest/gtest.h>

namespace pprof::interpose {
namespace {

TEST(NextTest, FindsTheDefinitionBehindOurs) {
  EXPECT_NE(FindNext("pthread_mutex_lock", nullptr), nullptr);
}

// In a static program there is no next definition of anything.
TEST(NextDeathTest, SaysWhatIsMissingAndWhatToDo) {
  EXPECT_DEATH(FindNext("no_such_function", nullptr),
               "there is no no_such_function behind ours.*link the C library dynamically");
}

}  // namespace
}  // namespace pprof::interpose

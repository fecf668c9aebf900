// The semantics of gorilla/context that the demo depends on, and those that caused the leak.
#include "demo_app/requests/request_context.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;

int64_t g_now = 1000;

class RequestContext : public testing::Test {
 protected:
  void SetUp() override {
    reqctx::Purge(milliseconds(0));
    g_now = 1000;
    reqctx::SetClockForTesting([] { return g_now; });
  }
  void TearDown() override { reqctx::SetClockForTesting(nullptr); }

  RequestPtr request_ = std::make_shared<Request>();
};

std::string Text(const std::any& value) { return std::any_cast<std::string>(value); }

TEST_F(RequestContext, GetReturnsWhatWasSet) {
  reqctx::Set(request_, "user", std::string("alice"));
  EXPECT_EQ(Text(reqctx::Get(request_, "user")), "alice");
  EXPECT_TRUE(reqctx::GetOk(request_, "user").second);
}

TEST_F(RequestContext, GetOfUnknownKeyOrRequestIsEmpty) {
  EXPECT_FALSE(reqctx::Get(request_, "user").has_value());
  EXPECT_FALSE(reqctx::GetOk(request_, "user").second);
  reqctx::Set(request_, "user", std::string("alice"));
  EXPECT_FALSE(reqctx::GetOk(request_, "session").second);
}

TEST_F(RequestContext, RequestsDoNotSeeEachOthersValues) {
  RequestPtr other = std::make_shared<Request>();
  reqctx::Set(request_, "user", std::string("alice"));
  EXPECT_FALSE(reqctx::GetOk(other, "user").second);
}

TEST_F(RequestContext, GetAllIsACopyAndNothingForAnUnknownRequest) {
  EXPECT_FALSE(reqctx::GetAll(request_).has_value());
  reqctx::Set(request_, "user", std::string("alice"));
  auto values = reqctx::GetAll(request_);
  ASSERT_TRUE(values.has_value());
  (*values)["user"] = std::string("mallory");
  EXPECT_EQ(Text(reqctx::Get(request_, "user")), "alice");
}

TEST_F(RequestContext, GetAllOkGivesAnEmptyCopyForAnUnknownRequest) {
  auto [values, known] = reqctx::GetAllOk(request_);
  EXPECT_TRUE(values.empty());
  EXPECT_FALSE(known);
}

TEST_F(RequestContext, DeleteLeavesAnEmptyEntryThatCounts) {
  reqctx::Set(request_, "user", std::string("alice"));
  reqctx::Delete(request_, "user");
  EXPECT_FALSE(reqctx::GetOk(request_, "user").second);
  EXPECT_EQ(reqctx::Count(), 1u);
  auto [values, known] = reqctx::GetAllOk(request_);
  EXPECT_TRUE(values.empty());
  EXPECT_TRUE(known);
}

TEST_F(RequestContext, ClearRemovesTheRequest) {
  reqctx::Set(request_, "user", std::string("alice"));
  reqctx::Clear(request_);
  reqctx::Clear(request_);  // unknown by now: does nothing
  EXPECT_EQ(reqctx::Count(), 0u);
  EXPECT_EQ(request_.use_count(), 1);
}

TEST_F(RequestContext, AnEndedRequestStaysAndKeepsItsAddress) {
  std::weak_ptr<const Request> ended = request_;
  reqctx::Set(request_, "user", std::string("alice"));
  request_.reset();
  EXPECT_FALSE(ended.expired());
  EXPECT_EQ(reqctx::Count(), 1u);
}

TEST_F(RequestContext, PurgeRemovesOnlyWhatIsOlder) {
  RequestPtr young = std::make_shared<Request>();
  reqctx::Set(request_, "user", std::string("alice"));
  g_now += 250;
  reqctx::Set(young, "user", std::string("bob"));
  EXPECT_EQ(reqctx::Purge(milliseconds(250)), 0u);  // exactly the maximum age: stays
  g_now += 1;
  EXPECT_EQ(reqctx::Purge(milliseconds(250)), 1u);
  EXPECT_FALSE(reqctx::GetOk(request_, "user").second);
  EXPECT_TRUE(reqctx::GetOk(young, "user").second);
}

TEST_F(RequestContext, LaterSetsDoNotRenewTheAge) {
  reqctx::Set(request_, "user", std::string("alice"));
  g_now += 1000;
  reqctx::Set(request_, "session", std::string("s"));
  EXPECT_EQ(reqctx::Purge(milliseconds(500)), 1u);
}

TEST_F(RequestContext, PurgeOfZeroOrLessRemovesAll) {
  for (int max_age : {0, -1}) {
    reqctx::Set(request_, "user", std::string("alice"));
    reqctx::Set(std::make_shared<Request>(), "user", std::string("bob"));
    EXPECT_EQ(reqctx::Purge(milliseconds(max_age)), 2u);
    EXPECT_EQ(reqctx::Count(), 0u);
  }
}

TEST_F(RequestContext, ClearHandlerClearsAfterTheHandler) {
  bool had_user = false;
  auto handler = reqctx::ClearHandler([&](const RequestPtr& request) {
    reqctx::Set(request, "user", std::string("alice"));
    had_user = reqctx::GetOk(request, "user").second;
  });
  handler(request_);
  EXPECT_TRUE(had_user);
  EXPECT_EQ(reqctx::Count(), 0u);
}

TEST_F(RequestContext, ClearHandlerClearsWhenTheHandlerThrows) {
  auto handler = reqctx::ClearHandler([](const RequestPtr& request) {
    reqctx::Set(request, "user", std::string("alice"));
    throw std::runtime_error("order not found");
  });
  EXPECT_THROW(handler(request_), std::runtime_error);
  EXPECT_EQ(reqctx::Count(), 0u);
}

TEST_F(RequestContext, ManyThreadsSetGetClearAndPurge) {
  reqctx::SetClockForTesting(nullptr);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 500; ++round) {
        RequestPtr request = std::make_shared<Request>();
        reqctx::Set(request, "round", round);
        reqctx::GetAll(request);
        if (round % 2 == 0) reqctx::Clear(request);
        if (round % 100 == 0) reqctx::Purge(milliseconds(1));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  reqctx::Purge(milliseconds(0));
  EXPECT_EQ(reqctx::Count(), 0u);
}

}  // namespace

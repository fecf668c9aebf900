#include "pprof/labels.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "profiler/labels/label_table.h"

namespace pprof {
namespace {

std::string Text(const LabelSet& set) {
  std::string text;
  for (const Label& label : set.labels()) text += label.key + "=" + label.text + " ";
  return text;
}

TEST(LabelSet, EqualSetsHaveOneNumberInAnyOrder) {
  const LabelSet one{{"route", "/a"}, {"tenant", "x"}};
  const LabelSet two{{"tenant", "x"}, {"route", "/a"}};
  EXPECT_EQ(one.id(), two.id());
  EXPECT_EQ(Text(one), "route=/a tenant=x ");
}

TEST(LabelSet, OfEqualKeysTheLastCounts) {
  EXPECT_EQ(Text(LabelSet{{"k", "1"}, {"k", "2"}}), "k=2 ");
  EXPECT_EQ(Text(LabelSet{{"a", "1"}, {"b", "1"}}.With(LabelSet{{"b", "2"}, {"c", "3"}})),
            "a=1 b=2 c=3 ");
}

TEST(LabelSet, EmptySetsAddNothing) {
  const LabelSet some{{"k", "v"}};
  EXPECT_EQ(LabelSet().id(), 0u);
  EXPECT_EQ(some.With(LabelSet()).id(), some.id());
  EXPECT_EQ(LabelSet().With(some).id(), some.id());
}

TEST(ScopedLabels, NestAndGoBack) {
  EXPECT_EQ(Text(LabelSet::Current()), "");
  {
    const ScopedLabels outer(LabelSet{{"route", "/a"}});
    {
      const ScopedLabels inner(LabelSet{{"tenant", "x"}});
      EXPECT_EQ(Text(LabelSet::Current()), "route=/a tenant=x ");
    }
    EXPECT_EQ(Text(LabelSet::Current()), "route=/a ");
  }
  EXPECT_EQ(Text(LabelSet::Current()), "");
}

TEST(Do, GivesTheBodysResultAndGoesBackAfterAnException) {
  EXPECT_EQ(Do(LabelSet{{"k", "v"}}, [] { return Text(LabelSet::Current()); }), "k=v ");
  EXPECT_THROW(Do(LabelSet{{"k", "v"}}, [] { throw 1; }), int);
  EXPECT_EQ(LabelSet::Current().id(), 0u);
}

TEST(Labels, NewThreadsInheritAndPoolsTakeThemAlong) {
  std::string inherited, carried, before;
  const LabelSet labels{{"route", "/a"}};
  Do(labels, [&] { std::thread([&] { inherited = Text(LabelSet::Current()); }).join(); });
  const LabelSet job = Do(labels, [] { return LabelSet::Current(); });
  std::thread([&] {
    before = Text(LabelSet::Current());
    const ScopedLabels scope(job);
    carried = Text(LabelSet::Current());
  }).join();
  EXPECT_EQ(inherited, "route=/a ");
  EXPECT_EQ(before, "");
  EXPECT_EQ(carried, "route=/a ");
}

// Threads intern the same new sets concurrently: the first to finish assigns the id.
TEST(Labels, ThreadsThatMeetAtASetGetOneNumber) {
  constexpr size_t kThreads = 2, kSets = 3000;
  std::vector<uint32_t> ids[kThreads];
  std::atomic<size_t> arrived{0};
  std::vector<std::thread> threads;
  for (auto& own : ids) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < kSets; ++i) {
        ++arrived;
        for (int turn = 0; arrived < (i + 1) * kThreads; ++turn) {
          if (turn > 1000) std::this_thread::yield();
        }
        own.push_back(LabelSet{{"meet", std::to_string(i)}}.id());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& own : ids) EXPECT_EQ(own, ids[0]);
  EXPECT_EQ(std::set<uint32_t>(ids[0].begin(), ids[0].end()).size(), kSets);
  EXPECT_EQ(Text(LabelSet{{"meet", "17"}}), "meet=17 ");
}

TEST(Labels, TheTableIsBoundedAndSaysSo) {
  const LabelSet first{{"n", "first"}};
  LabelSet last;
  for (uint32_t i = 0; i < labels::kMaxLabelSets + 10; ++i) {
    last = LabelSet{{"n", std::to_string(i)}};
  }
  EXPECT_EQ(Text(last), "pprof::labels=table full ");
  EXPECT_EQ((LabelSet{{"n", "first"}}).id(), first.id());
}

}  // namespace
}  // namespace pprof

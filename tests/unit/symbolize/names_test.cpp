// Names of DIEs that the test wrote, byte by byte.
#include "profiler/symbolize/dwarf/names.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/symbolize/unit_writer.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT: the field's own names

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    root_ = writer_.Abbreviation(0x11, true, {});
    function_ = writer_.Abbreviation(kTagSubprogram, false, {{kAtName, kFormString}});
    linked_ = writer_.Abbreviation(kTagSubprogram, false,
                                   {{kAtName, kFormString}, {kAtLinkageName, kFormString}});
    linked_first_ = writer_.Abbreviation(kTagSubprogram, false,
                                         {{kAtLinkageName, kFormString}, {kAtName, kFormString}});
    with_line_ = writer_.Abbreviation(kTagSubprogram, false,
                                      {{kAtName, kFormString}, {kAtDeclLine, kFormUdata}});
    refers_ = writer_.Abbreviation(kTagInlinedSubroutine, false, {{kAtAbstractOrigin, kFormRef4}});
    refers_with_line_ = writer_.Abbreviation(
        kTagSubprogram, false, {{kAtSpecification, kFormRef4}, {kAtDeclLine, kFormUdata}});
    namespace_ = writer_.Abbreviation(kTagNamespace, false, {{kAtName, kFormString}});
    type_ =
        writer_.Abbreviation(kTagClass, false, {{kAtName, kFormString}, {kAtDeclLine, kFormUdata}});
    linked_type_ = writer_.Abbreviation(kTagClass, false,
                                        {{kAtName, kFormString}, {kAtLinkageName, kFormString}});
    writer_.Die(root_);
  }

  uint64_t Named(uint64_t code, const char* name) {
    const uint64_t die = writer_.Die(code);
    writer_.values().Text(name);
    return die;
  }
  uint64_t Named(uint64_t code, const char* first, const char* second) {
    const uint64_t die = Named(code, first);
    writer_.values().Text(second);
    return die;
  }
  uint64_t NamedAt(uint64_t code, const char* name, uint32_t line) {
    const uint64_t die = Named(code, name);
    writer_.values().Uleb(line);
    return die;
  }
  uint64_t RefersTo(uint64_t die) {
    const uint64_t own = writer_.Die(refers_);
    writer_.values().U32(die);
    return own;
  }

  // No more DIEs from here on.
  const DwarfUnit& Open() {
    writer_.EndChildren();
    unit_ = std::make_unique<OpenedUnit>(writer_);
    return **unit_;
  }
  NameId NameOf(uint64_t die) { return names_.NameOf(**unit_, die); }
  std::string TextOf(uint64_t die) { return names_.Text(NameOf(die)); }

  UnitWriter writer_;
  uint64_t root_, function_, linked_, linked_first_, with_line_, refers_, refers_with_line_,
      namespace_, type_, linked_type_;
  std::unique_ptr<OpenedUnit> unit_;
  StringPool strings_{std::pmr::get_default_resource()};
  NameTable names_{&strings_, std::pmr::get_default_resource()};
};

TEST_F(NamesTest, ADieHasOneNameHoweverOftenItIsAsked) {
  const uint64_t f = Named(function_, "f");
  const uint64_t g = Named(function_, "g");
  Open();
  const NameId name = NameOf(f);
  EXPECT_NE(name, kNoName);
  EXPECT_EQ(NameOf(f), name);
  EXPECT_NE(NameOf(g), name);
  EXPECT_EQ(names_.Text(name), "f");
}

// Of two DIEs: their scopes may differ.
TEST_F(NamesTest, EqualTextsAreTwoNames) {
  const uint64_t one = Named(function_, "f");
  const uint64_t two = Named(function_, "f");
  Open();
  EXPECT_NE(NameOf(one), NameOf(two));
  EXPECT_EQ(TextOf(one), TextOf(two));
}

TEST_F(NamesTest, NoNameIsEmpty) {
  Open();
  EXPECT_EQ(names_.Text(kNoName), "");
  EXPECT_EQ(names_.StartLine(kNoName), 0u);
  EXPECT_FALSE(names_.HasLinkageName(kNoName));
  EXPECT_FALSE(names_.HasScope(kNoName));
}

TEST_F(NamesTest, OffsetsOutsideOfTheUnitHaveNoName) {
  Named(function_, "f");
  Open();
  for (const uint64_t die : {uint64_t{0}, uint64_t{10}, writer_.size() + 1, ~uint64_t{0}}) {
    EXPECT_EQ(NameOf(die), kNoName) << die;
  }
}

TEST_F(NamesTest, TheLinkageNameCountsWhereverItStands) {
  const uint64_t last = Named(linked_, "f", "_Z1fv");
  const uint64_t first = Named(linked_first_, "_Z1gv", "g");
  Open();
  EXPECT_EQ(TextOf(last), "_Z1fv");
  EXPECT_EQ(TextOf(first), "_Z1gv");
  EXPECT_TRUE(names_.HasLinkageName(NameOf(first)));
}

TEST_F(NamesTest, OfATypeThePlainNameCounts) {
  const uint64_t type = Named(linked_type_, "Box", "3Box");
  Open();
  EXPECT_EQ(TextOf(type), "Box");
  EXPECT_FALSE(names_.HasLinkageName(NameOf(type)));
}

// An inlined call, its abstract function, and the declaration of that.
TEST_F(NamesTest, ReferencesAreFollowedToTheDieThatHasAName) {
  const uint64_t declared = Named(linked_, "f", "_ZN3Box1fEv");
  const uint64_t abstract = RefersTo(declared);
  const uint64_t call = RefersTo(abstract);
  Open();
  EXPECT_EQ(TextOf(call), "_ZN3Box1fEv");
  EXPECT_TRUE(names_.HasLinkageName(NameOf(call)));
}

TEST_F(NamesTest, ReferencesMayPointForward) {
  const uint64_t first_die = writer_.size();
  writer_.Die(refers_);
  writer_.values().U32(first_die + 5);
  const uint64_t f = Named(function_, "f");
  ASSERT_EQ(f, first_die + 5);
  Open();
  EXPECT_EQ(TextOf(first_die), "f");
}

TEST_F(NamesTest, TheNearestLineCounts) {
  const uint64_t declared = NamedAt(with_line_, "f", 10);
  const uint64_t defined = writer_.Die(refers_with_line_);
  writer_.values().U32(declared).Uleb(200);
  const uint64_t call_of_declared = RefersTo(declared);
  const uint64_t call_of_defined = RefersTo(defined);
  Open();
  EXPECT_EQ(names_.StartLine(NameOf(declared)), 10u);
  EXPECT_EQ(names_.StartLine(NameOf(call_of_declared)), 10u);
  EXPECT_EQ(names_.StartLine(NameOf(call_of_defined)), 200u);
}

// Damaged files can refer in rings.
TEST_F(NamesTest, RingsEnd) {
  const uint64_t a = writer_.size();
  writer_.Die(refers_);
  writer_.values().U32(a + 5);
  writer_.Die(refers_);
  writer_.values().U32(a);
  const uint64_t itself = writer_.size();
  writer_.Die(refers_);
  writer_.values().U32(itself);
  Open();
  for (const uint64_t die : {a, a + 5, itself}) {
    EXPECT_EQ(TextOf(die), "");
    EXPECT_EQ(names_.StartLine(NameOf(die)), 0u);
  }
}

TEST_F(NamesTest, ChainsAreFollowedForSixteenLinks) {
  std::vector<uint64_t> chain = {Named(function_, "f")};
  for (int i = 0; i < 40; ++i) chain.push_back(RefersTo(chain.back()));
  Open();
  EXPECT_EQ(TextOf(chain[16]), "f");
  EXPECT_EQ(TextOf(chain[40]), "");
}

TEST_F(NamesTest, OnlyWhatTheCompilerDidNotMangleWantsAScope) {
  const uint64_t plain = Named(function_, "f");
  const uint64_t linked = Named(linked_, "g", "_Z1gv");
  const uint64_t call = RefersTo(plain);
  Open();
  NameOf(linked);
  NameOf(call);  // and with it the plain one
  const NameTable::ScopeRequests requests = names_.TakeScopeRequests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].die, plain);
  EXPECT_EQ(requests[0].name, NameOf(plain));
  EXPECT_TRUE(names_.TakeScopeRequests().empty());
}

TEST_F(NamesTest, ScopesStandBeforeTheName) {
  const uint64_t f = Named(function_, "f");
  const uint64_t outer = Named(namespace_, "outer");
  const uint64_t hidden = Named(namespace_, "");
  const uint64_t box = NamedAt(type_, "Box<int>", 3);
  const uint64_t around = Named(function_, "around");
  Open();
  names_.SetScope(NameOf(f), NameOf(around));
  names_.SetScope(NameOf(around), NameOf(box));
  names_.SetScope(NameOf(box), NameOf(hidden));
  names_.SetScope(NameOf(hidden), NameOf(outer));
  EXPECT_EQ(TextOf(f), "outer::(anonymous namespace)::Box<int>::around()::f");
  EXPECT_TRUE(names_.HasScope(NameOf(f)));
  EXPECT_FALSE(names_.HasScope(NameOf(outer)));
}

TEST_F(NamesTest, AScopeWithALinkageNameIsWrittenShort) {
  const uint64_t f = Named(function_, "helper");
  const uint64_t around = Named(linked_, "run", "_ZN3app3runEi");
  Open();
  names_.SetScope(NameOf(f), NameOf(around));
  EXPECT_EQ(TextOf(f), "app::run()::helper");
}

TEST_F(NamesTest, TypesWithoutANameAreToldApartByTheirLine) {
  const uint64_t call = Named(function_, "operator()");
  const uint64_t of_int = Named(function_, "operator()<int>");
  const uint64_t member = Named(function_, "reset");
  const uint64_t unnamed = NamedAt(type_, "", 48);
  const uint64_t old_lambda = NamedAt(type_, "<lambda(int)>", 50);
  Open();
  for (const uint64_t die : {call, member}) names_.SetScope(NameOf(die), NameOf(unnamed));
  names_.SetScope(NameOf(of_int), NameOf(old_lambda));
  EXPECT_EQ(TextOf(call), "{lambda:48}::operator()");
  EXPECT_EQ(TextOf(of_int), "{lambda:50}::operator()<int>");
  EXPECT_EQ(TextOf(member), "{unnamed type:48}::reset");
}

TEST_F(NamesTest, ScopesInRingsEnd) {
  const uint64_t a = Named(namespace_, "a");
  const uint64_t b = Named(namespace_, "b");
  const uint64_t f = Named(function_, "f");
  Open();
  names_.SetScope(NameOf(a), NameOf(b));
  names_.SetScope(NameOf(b), NameOf(a));
  names_.SetScope(NameOf(f), NameOf(f));  // ignored
  EXPECT_EQ(TextOf(f), "f");
  names_.SetScope(NameOf(f), NameOf(a));
  const std::string text = TextOf(f);
  EXPECT_EQ(text.substr(text.size() - 7), "b::a::f");
  EXPECT_LT(text.size(), 100u);
}

TEST_F(NamesTest, ThereIsNoScopeOfNoName) {
  const uint64_t a = Named(namespace_, "a");
  Open();
  names_.SetScope(kNoName, NameOf(a));
  EXPECT_EQ(names_.Text(kNoName), "");
  EXPECT_FALSE(names_.HasScope(kNoName));
}

TEST_F(NamesTest, OfTheNextUnitOffsetsMeanOtherDies) {
  const uint64_t f = Named(function_, "f");
  Open();
  const NameId name = NameOf(f);
  names_.BeginUnit();
  EXPECT_TRUE(names_.TakeScopeRequests().empty());
  const NameId next = NameOf(f);
  EXPECT_NE(next, name);
  EXPECT_EQ(names_.Text(name), "f") << "stays";
}

FormValue Reference(FormValue::Kind kind, uint64_t die) { return {kind, die, {}}; }

TEST_F(NamesTest, ReferencesIntoTheUnitComeInTwoKinds) {
  const uint64_t f = Named(function_, "f");
  const DwarfUnit& unit = Open();
  const NameId name = NameOf(f);
  EXPECT_EQ(names_.NameAt(unit, Reference(FormValue::kUnitReference, f)), name);
  EXPECT_EQ(names_.NameAt(unit, Reference(FormValue::kReference, f)), name);
  EXPECT_EQ(names_.NameAt(unit, Reference(FormValue::kUnitReference, writer_.size())), kNoName);
  EXPECT_EQ(names_.NameAt(unit, Reference(FormValue::kUnitReference, ~uint64_t{0})), kNoName);
  for (const auto kind : {FormValue::kNone, FormValue::kConstant, FormValue::kText}) {
    EXPECT_EQ(names_.NameAt(unit, Reference(kind, f)), kNoName);
  }
}

TEST_F(NamesTest, DiesOfOtherUnitsAreAskedForOnce) {
  const uint64_t g = Named(function_, "g");
  const DwarfUnit& unit = Open();
  const NameId far = names_.NameAt(unit, Reference(FormValue::kReference, 5000));
  const NameId alternate = names_.NameAt(unit, Reference(FormValue::kAltReference, 5000));
  EXPECT_NE(far, kNoName);
  EXPECT_NE(alternate, far) << "another file's";
  names_.BeginUnit();
  EXPECT_EQ(names_.NameAt(unit, Reference(FormValue::kReference, 5000)), far);
  const NameTable::FarReferences wanted = names_.TakeFarReferences();
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].role, FileRole::kMain);
  EXPECT_EQ(wanted[0].die, 5000u);
  EXPECT_EQ(wanted[0].name, far);
  EXPECT_EQ(wanted[1].role, FileRole::kAlternate);
  EXPECT_TRUE(names_.TakeFarReferences().empty());
  EXPECT_EQ(names_.Text(far), "") << "not found yet";
  names_.SetTarget(far, NameOf(g));
  EXPECT_EQ(names_.Text(far), "g");
}

TEST_F(NamesTest, ReferencesThatCannotBeAreNone) {
  const DwarfUnit& unit = Open();
  const FormValue huge = Reference(FormValue::kReference, uint64_t{1} << 56);
  EXPECT_EQ(names_.NameAt(unit, huge), kNoName);
  const OpenedUnit split(writer_, FileRole::kSplit);
  EXPECT_EQ(names_.NameAt(*split, Reference(FormValue::kReference, 5000)), kNoName);
  EXPECT_TRUE(names_.TakeFarReferences().empty());
}

TEST_F(NamesTest, AFullTableNamesNoMoreAndKeepsWhatItHas) {
  std::vector<uint64_t> dies;
  for (const char* name : {"a", "b", "c", "d", "e"}) dies.push_back(Named(function_, name));
  const uint64_t call = RefersTo(dies[4]);
  const DwarfUnit& unit = Open();
  NameTable names(&strings_, std::pmr::get_default_resource(), 3);
  for (const uint64_t die : dies) names.NameOf(unit, die);
  EXPECT_EQ(names.Text(names.NameOf(unit, dies[0])), "a");
  EXPECT_EQ(names.Text(names.NameOf(unit, dies[2])), "c");
  EXPECT_EQ(names.NameOf(unit, dies[3]), kNoName);
  EXPECT_EQ(names.NameOf(unit, call), kNoName);
  EXPECT_EQ(names.NameAt(unit, Reference(FormValue::kReference, 5000)), kNoName);
  EXPECT_TRUE(names.TakeFarReferences().empty());
  EXPECT_EQ(names.Text(kNoName), "");
}

TEST_F(NamesTest, GrowsWithoutMixingUp) {
  std::vector<uint64_t> dies;
  for (int i = 0; i < 50000; ++i) dies.push_back(Named(function_, std::to_string(i).c_str()));
  Open();
  std::vector<NameId> ids;
  for (const uint64_t die : dies) ids.push_back(NameOf(die));
  for (size_t i = 0; i < dies.size(); ++i) {
    ASSERT_EQ(NameOf(dies[i]), ids[i]);
    ASSERT_EQ(names_.Text(ids[i]), std::to_string(i));
  }
}

}  // namespace
}  // namespace pprof::symbolize

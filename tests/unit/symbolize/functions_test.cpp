// Functions and inlined calls around addresses, in a unit that the test wrote, and their scopes.
#include "profiler/symbolize/dwarf/functions.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "profiler/symbolize/dwarf/scopes.h"
#include "tests/unit/symbolize/unit_writer.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT: the field's own names

constexpr uint64_t kUnitKey = 5;

class FunctionScanTest : public ::testing::Test {
 protected:
  FunctionScanTest() {
    root_ = writer_.Abbreviation(0x11, true, {});
    function_ = writer_.Abbreviation(
        kTagSubprogram, true,
        {{kAtName, kFormString}, {kAtLowPc, kFormAddr}, {kAtHighPc, kFormData4}});
    call_ = writer_.Abbreviation(kTagInlinedSubroutine, true,
                                 {{kAtAbstractOrigin, kFormRef4},
                                  {kAtLowPc, kFormAddr},
                                  {kAtHighPc, kFormData4},
                                  {kAtCallFile, kFormData1},
                                  {kAtCallLine, kFormUdata}});
    abstract_ = writer_.Abbreviation(kTagSubprogram, false, {{kAtName, kFormString}});
    namespace_ = writer_.Abbreviation(kTagNamespace, true, {{kAtName, kFormString}});
    type_ =
        writer_.Abbreviation(kTagClass, true, {{kAtName, kFormString}, {kAtSibling, kFormRef4}});
    writer_.Die(root_);
  }

  void Function(const char* name, uint64_t low, uint32_t bytes) {
    writer_.Die(function_);
    writer_.values().Text(name).U64(low).U32(bytes);
  }
  uint64_t Abstract(const char* name) {
    const uint64_t die = writer_.Die(abstract_);
    writer_.values().Text(name);
    return die;
  }
  void Call(uint64_t origin, uint64_t low, uint32_t bytes, uint8_t file = 1, uint32_t line = 1) {
    writer_.Die(call_);
    writer_.values().U32(origin).U64(low).U32(bytes).U8(file).Uleb(line);
  }
  void Namespace(const char* name) {
    writer_.Die(namespace_);
    writer_.values().Text(name);
  }
  void End() { writer_.EndChildren(); }

  // The calls and the function around each address: "inner:line@file < outer"; empty: none.
  std::vector<std::string> Scan(const std::vector<uint64_t>& addresses) {
    PendingLocations locations(std::pmr::get_default_resource());
    for (const uint64_t address : addresses) {
      locations.emplace_back(address, std::pmr::get_default_resource());
    }
    ScanInto(locations);
    std::vector<std::string> found;
    for (const PendingLocation& location : locations) found.push_back(TextOf(location));
    return found;
  }
  std::string Scan(uint64_t address) { return Scan(std::vector<uint64_t>{address})[0]; }

  void ScanInto(PendingLocations& locations, uint64_t unit_key = kUnitKey) {
    const OpenedUnit unit(writer_);
    std::vector<uint32_t> wanted(locations.size());
    std::iota(wanted.begin(), wanted.end(), 0u);
    FunctionScan(*unit, unit_key, locations, wanted, names_).Run();
    FindScopes(*unit, names_);
  }

  std::string TextOf(const PendingLocation& location) {
    if (location.unit == PendingLocation::kNoUnit) return "";
    std::string text;
    for (size_t i = location.calls.size(); i-- > 0;) {
      const InlinedCall& call = location.calls[i];
      text += names_.Text(call.name) + ":" + std::to_string(call.call_line) + "@" +
              std::to_string(call.call_file) + " < ";
    }
    return text + names_.Text(location.function);
  }

  UnitWriter writer_;
  uint64_t root_, function_, call_, abstract_, namespace_, type_;
  StringPool strings_{std::pmr::get_default_resource()};
  NameTable names_{&strings_, std::pmr::get_default_resource()};
};

using Texts = std::vector<std::string>;

TEST_F(FunctionScanTest, AFunctionHoldsItsFirstByteToItsLast) {
  Function("f", 0x1000, 0x100);
  End();
  Function("g", 0x1100, 0x10);
  End();
  End();
  EXPECT_EQ(Scan({0xfff, 0x1000, 0x10ff, 0x1100, 0x110f, 0x1110}),
            (Texts{"", "f", "f", "g", "g", ""}));
}

TEST_F(FunctionScanTest, OfNoAddressesNothingIsFound) {
  Function("f", 0x1000, 0x100);
  End();
  End();
  EXPECT_EQ(Scan(std::vector<uint64_t>{}), Texts());
}

TEST_F(FunctionScanTest, OfFunctionsThatOverlapTheSmallestCounts) {
  Function("small", 0x1000, 0x10);
  End();
  Function("large", 0x1000, 0x100);
  End();
  Function("smaller", 0x1008, 4);
  End();
  End();
  EXPECT_EQ(Scan({0x1007, 0x1008, 0x100c, 0x1010}), (Texts{"small", "smaller", "small", "large"}));
}

// Linkers let the debug information of discarded duplicates point to the function they kept: of one
// unit the inner one is right, of two the first.
TEST_F(FunctionScanTest, OfEqualFunctionsTheInnermostOfTheFirstUnitCounts) {
  Function("outer", 0x1000, 0x100);
  Function("inner", 0x1000, 0x100);
  End();
  End();
  End();
  PendingLocations locations(std::pmr::get_default_resource());
  locations.emplace_back(0x1000, std::pmr::get_default_resource());
  ScanInto(locations);
  EXPECT_EQ(TextOf(locations[0]), "outer()::inner");
  names_.BeginUnit();
  ScanInto(locations, kUnitKey + 1);
  EXPECT_EQ(locations[0].unit, kUnitKey);
}

TEST_F(FunctionScanTest, CallsAreThoseAroundTheAddressTheInnermostFirst) {
  const uint64_t a = Abstract("a");
  const uint64_t b = Abstract("b");
  Function("f", 0x1000, 0x100);
  Call(a, 0x1010, 0x40, 2, 30);
  Call(b, 0x1020, 0x10, 3, 7);
  End();
  Call(b, 0x1030, 0x10, 3, 8);
  End();
  End();
  Call(a, 0x1050, 0x10, 2, 31);
  End();
  End();
  End();
  EXPECT_EQ(Scan({0x1000, 0x1010, 0x1020, 0x1030, 0x1040, 0x1050, 0x1060}),
            (Texts{"f", "a:30@2 < f", "b:7@3 < a:30@2 < f", "b:8@3 < a:30@2 < f", "a:30@2 < f",
                   "a:31@2 < f", "f"}));
}

TEST_F(FunctionScanTest, OfTwoCallsThatClaimAnAddressTheLaterCounts) {
  const uint64_t a = Abstract("a");
  const uint64_t b = Abstract("b");
  Function("f", 0x1000, 0x100);
  Call(a, 0x1010, 0x10, 1, 1);
  End();
  Call(b, 0x1010, 0x10, 1, 2);
  End();
  End();
  End();
  EXPECT_EQ(Scan(0x1010), "b:2@1 < f");
}

// The calls of a function that turned out not to be the smallest are no others' calls.
TEST_F(FunctionScanTest, CallsBelongToTheirFunction) {
  const uint64_t a = Abstract("a");
  Function("outer", 0x1000, 0x100);
  Call(a, 0x1000, 0x20, 1, 1);
  End();
  Function("inner", 0x1000, 0x10);
  End();
  Call(a, 0x1000, 0x20, 1, 2);
  End();
  End();
  End();
  EXPECT_EQ(Scan({0x1008, 0x1018}), (Texts{"outer()::inner", "a:2@1 < outer"}));
}

TEST_F(FunctionScanTest, EndlessNestingOfCallsIsCut) {
  const uint64_t a = Abstract("a");
  Function("f", 0x1000, 0x100);
  for (int i = 0; i < 300; ++i) Call(a, 0x1000, 0x100);
  for (int i = 0; i < 300; ++i) End();
  End();
  End();
  PendingLocations locations(std::pmr::get_default_resource());
  locations.emplace_back(0x1000, std::pmr::get_default_resource());
  ScanInto(locations);
  EXPECT_EQ(locations[0].calls.size(), PendingLocation::kMaxCalls);
}

// The first walk jumps over types; a second one looks into them for the rest.
TEST_F(FunctionScanTest, FunctionsInsideOfTypesAreFoundThoughTheWalkJumpsOverThem) {
  const uint64_t type = writer_.Die(type_);
  constexpr uint64_t kTypeBytes = 1 + 4 + 4;              // code, "Box", sibling
  constexpr uint64_t kFunctionBytes = 1 + 4 + 8 + 4 + 1;  // code, "put", range, its end
  const uint64_t behind = type + kTypeBytes + kFunctionBytes + 1;
  writer_.values().Text("Box").U32(behind);
  Function("put", 0x1000, 0x10);
  End();
  End();
  ASSERT_EQ(writer_.size(), behind);
  Function("f", 0x2000, 0x10);
  End();
  End();
  EXPECT_EQ(Scan({0x1008, 0x2008}), (Texts{"Box::put", "f"}));
  EXPECT_EQ(Scan(0x2008), "f");
}

TEST_F(FunctionScanTest, ScopesAreTheDiesAround) {
  Namespace("outer");
  Namespace("");
  Function("f", 0x1000, 0x100);
  Function("local", 0x2000, 0x10);
  End();
  End();
  End();
  Function("g", 0x3000, 0x10);
  End();
  End();
  Function("h", 0x4000, 0x10);
  End();
  End();
  EXPECT_EQ(Scan({0x1000, 0x2000, 0x3000, 0x4000}),
            (Texts{"outer::(anonymous namespace)::f", "outer::(anonymous namespace)::f()::local",
                   "outer::g", "h"}));
}

TEST_F(FunctionScanTest, AtDamageThereIsWhatWasBefore) {
  Function("f", 0x1000, 0x100);
  End();
  writer_.values().Uleb(99);  // no such code
  Function("g", 0x2000, 0x100);
  End();
  End();
  EXPECT_EQ(Scan({0x1000, 0x2000}), (Texts{"f", ""}));
}

TEST_F(FunctionScanTest, DiscardedAndInvertedRangesHoldNothing) {
  Function("discarded", 0, 0x10000);
  End();
  Function("empty", 0x1000, 0);
  End();
  End();
  EXPECT_EQ(Scan({0x800, 0x1000}), (Texts{"", ""}));
}

}  // namespace
}  // namespace pprof::symbolize

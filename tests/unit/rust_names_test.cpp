// Names as rustc 1.95 made them, in both manglings.
#include "profiler/symbolize/names/rust_names.h"

#include <gtest/gtest.h>

#include <utility>

#include "profiler/symbolize/names/demangle.h"

namespace pprof::symbolize {
namespace {

std::string Demangled(std::string_view symbol) {
  std::string name;
  return DemangleRust(symbol, &name) ? name : "";
}

TEST(RustNames, Legacy) {
  const std::pair<const char*, const char*> cases[] = {
      {"_ZN3app6parser9parse_all17h20816abc885a52d9E", "app::parser::parse_all"},
      {"_ZN66_$LT$app..parser..Json$LT$u64$GT$$u20$as$u20$app..parser..Burn$GT$4burn"
       "17h0123456789abcdefE",
       "<app::parser::Json as app::parser::Burn>::burn"},
      {"_ZN3app4more4more28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
       "app::more::more::{{closure}}"},
      {"_ZN4core3ops8function6FnOnce40call_once$u7b$$u7b$vtable.shim$u7d$$u7d$"
       "17h0123456789abcdefE.llvm.1049",
       "core::ops::function::FnOnce::call_once{{vtable.shim}}"},
      {"_ZN38_$LT$$RF$mut$u20$T$u20$as$u20$a..B$GT$1f17h0123456789abcdefE", "<&mut T as a::B>::f"},
      {"_ZN3app4moreE", ""},                      // C++
      {"_ZN3app17h0123456789abcdeXE", ""},        // no hash
      {"_ZN17h0123456789abcdefE", ""},            // nothing but a hash
      {"_ZN3app17h0123456789abcdefEv", ""},       // a C++ function with parameters
      {"_ZN9999999999999999999993app17h0E", ""},  // longer than the symbol
  };
  for (const auto& [symbol, wanted] : cases) EXPECT_EQ(Demangled(symbol), wanted) << symbol;
}

TEST(RustNames, V0) {
  const std::pair<const char*, const char*> cases[] = {
      {"_RNvXNtCsli3NGoEiSOP_3app6parserINtB2_4JsonyENtB2_4Burn4burn",
       "<app::parser::Json as app::parser::Burn>::burn"},
      {"_RINvNtCsli3NGoEiSOP_3app4more5applyNCNvB2_4more0EB4_", "app::more::apply"},
      {"_RNvXs0_NtCsli3NGoEiSOP_3app4moreDINtNtNtCsgEmfK2I1SDS_4core3ops8function2FnTmEEp6Outputb"
       "NtNtBC_6marker4SendEL_INtB5_5ShapehE4area",
       "<dyn core::ops::function::Fn + core::marker::Send as app::more::Shape>::area"},
      {"_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc", "__rustc::__rust_alloc"},
      {"_RNCNvC1a1fs_0.llvm.104991280012991642", "a::f::{closure#1}"},
      {"_RNSC1a1f0", ""},  // a shim without a path in front
      {"_RNvMC1aThAlj3_E1f", "<(u8, [i32; 3])>::f"},
      {"_RNvMC1aFUKChEOSc1f", "<unsafe extern \"C\" fn(u8) -> *mut [char]>::f"},
      {"_RNvMC1aQL_TeE1f", "<&mut (str,)>::f"},
      {"_RNvC1au8gdel_5qa", "a::gödel"},
      {"_RNvC1au9mller_kva", "a::müller"},
      {"_RNvC1a", ""},
      {"_RNvC1a9f", ""},
      {"_RNvB_1f", ""},  // refers to itself
      {"_RX", ""},
      {"_R", ""},
      {"_Rust_function_in_C", ""},
  };
  for (const auto& [symbol, wanted] : cases) EXPECT_EQ(Demangled(symbol), wanted) << symbol;
}

// A type is a pair of twice the type behind it: 2^30 characters.
TEST(RustNames, AreBounded) {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr size_t kPairs = 30;
  std::string symbol = "_RNvMC1a" + std::string(kPairs, 'T') + "h";
  constexpr size_t kFirst = 6;  // behind "_R"
  for (size_t inner = kFirst + kPairs; inner > kFirst; --inner) {
    symbol += std::string("B") + kDigits[inner - 1] + "_E";
  }
  symbol += "1f";
  EXPECT_EQ(Demangled(symbol), "");
  EXPECT_EQ(Demangled("_RNv" + std::string(100'000, 'N')), "");
  EXPECT_EQ(Demangled("_RNvM" + std::string(100'000, 'S')), "");
  EXPECT_EQ(Demangled("_RNvC90000" + std::string(90'000, 'a') + "1f"), "");
}

TEST(RustNames, AnyCutOfASymbolIsNoHarm) {
  const std::string symbol =
      "_RNvXs0_NtCsli3NGoEiSOP_3app4moreDINtNtNtCsgEmfK2I1SDS_4core3ops8function2FnTmEEp6Outputb"
      "NtNtBC_6marker4SendEL_INtB5_5ShapehE4area";
  for (size_t begin = 0; begin < symbol.size(); ++begin) {
    for (size_t size = 0; size <= symbol.size() - begin; ++size) {
      EXPECT_LE(Demangled("_R" + symbol.substr(begin, size)).size(), symbol.size() * 4);
    }
  }
}

TEST(RustPunycode, RefusesWhatIsNone) {
  std::string text;
  EXPECT_TRUE(DecodeRustPunycode("", &text));
  EXPECT_FALSE(DecodeRustPunycode("a_A", &text));
  EXPECT_FALSE(DecodeRustPunycode("a_9", &text));               // ends within a number
  EXPECT_FALSE(DecodeRustPunycode("a_99999999999999", &text));  // beyond Unicode
}

}  // namespace
}  // namespace pprof::symbolize

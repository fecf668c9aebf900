#include "profiler/symbolize/names/demangle.h"

#include <gtest/gtest.h>

#include <utility>

namespace pprof::symbolize {
namespace {

TEST(ShortName, IsWhatPprofShows) {
  const std::pair<const char*, const char*> cases[] = {
      {"_ZN2ns3Box3putEi", "ns::Box::put"},
      {"_ZN2ns3BoxIiSaIiEE3putEi", "ns::Box::put"},
      {"_ZN12_GLOBAL__N_16hiddenEi", "(anonymous namespace)::hidden"},
      {"_ZlsRSoRKSs", "operator<<"},
      {"_ZN3FooltERKS_", "Foo::operator<"},
      {"_ZN3FooltIiEEbRKT_", "Foo::operator<"},
      {"_ZN3FooptEv", "Foo::operator->"},
      {"_ZN3FooclEi", "Foo::operator()"},
      {"_ZN3FooixEi", "Foo::operator[]"},
      {"_Znwm", "operator new"},
      {"_ZdaPv", "operator delete[]"},
      {"_ZN3FoocvbEv", "Foo::operator bool"},
      {"_ZN3FoocvPKcEv", "Foo::operator char const*"},
      {"_ZN3FoocvSt6vectorIiSaIiEEEv", "Foo::operator std::vector"},
      {"_Zli2_xPKc", "operator\"\" _x"},
      {"_ZZ3lamiENKUliE_clEi", "lam()::{lambda(int)#1}::operator()"},
      {"_ZZN3Foo3barEvENKUlvE_clEv", "Foo::bar()::{lambda()#1}::operator()"},
      {"_ZZNK3Foo3barEvENKUlvE_clEv", "Foo::bar() const::{lambda()#1}::operator()"},
      {"_ZN3FooC1Ev", "Foo::Foo"},
      {"_ZN3FooD0Ev", "Foo::~Foo"},
      {"_Z3fooIiET_S0_", "foo"},
      {"_Z3fooIiEPFvT_Ei", "foo"},
      {"_ZThn16_N3Foo3barEv", "non-virtual thunk to Foo::bar"},
      {"_ZTV3Foo", "vtable for Foo"},
      {"_ZTIm", "typeinfo for unsigned long"},
      {"_ZGVZ3foovE1x", "guard variable for foo()::x"},
      {"_Z3foov.cold", "foo"},
      {"_Z3foov.isra.0", "foo"},
      {"_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE10_M_disposeEv",
       "std::__cxx11::basic_string::_M_dispose"},
      {"_Z3fooB5cxx11v", "foo[abi:cxx11]"},
      {"_ZNK3Foo3getEv", "Foo::get"},
      {"_ZN3api6EncodeEm@@API_2", "api::Encode"},
      {"_ZN3api6EncodeEm@API_1", "api::Encode"},
      {"memcpy@@GLIBC_2.14", "memcpy"},
      {"Box<'@'>", "Box"},
      {"@", "@"},
      {"f@", "f@"},
      {"main", "main"},
      {"f", "f"},
      {"malloc", "malloc"},
      {"_Z", "_Z"},
      {"_Znonsense", "_Znonsense"},
      {"", ""},
      {"Put<std::pair<int, int> >", "Put"},
      {"operator<", "operator<"},
      {"operator()", "operator()"},
  };
  for (const auto& [mangled, wanted] : cases) EXPECT_EQ(ShortName(mangled), wanted) << mangled;
}

TEST(ShortName, IsBounded) {
  EXPECT_EQ(ShortName(std::string(100'000, 'a')).size(), kMaxNameBytes);
  EXPECT_LE(ShortName("_Z" + std::to_string(90'000) + std::string(90'000, 'a') + "v").size(),
            kMaxNameBytes);
}

// The name of Hold<Tree>, where a Tree is a pair of two equal Trees, `levels` times.
std::string NameOfTree(int levels) {
  const std::string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string tree = "S0_IiiE";
  for (int i = 0; i < levels; ++i) tree = "S0_I" + tree + "S" + digits[1 + i] + "_E";
  return "_Z4HoldI1P" + tree.substr(3) + "EvPT_";
}

TEST(ShortName, ExponentialNamesCostNothing) {
  EXPECT_EQ(ShortName(NameOfTree(3)), "Hold");
  EXPECT_EQ(ShortName(NameOfTree(30)), "Hold");  // 2^30 parts
  // A pattern that has to be searched for a pack: valid or not, it ends soon.
  EXPECT_LE(ShortName("_Z4HoldIJEEvDp" + NameOfTree(30).substr(8)).size(), kMaxNameBytes);
  // An argument that is itself.
  EXPECT_EQ(ShortName("_Z1fI1PIT_T_EEvT_"), "f");
}

TEST(ShortName, ReferencesInIdentifiersStay) {
  EXPECT_EQ(ShortName("_ZN3Foo7MAT_S0_I"
                      "1AEEvT_"),
            "Foo::MAT_S0_");
  EXPECT_EQ(ShortName("_ZN5T3_S_C1Ev"), "T3_S_::T3_S_");
  EXPECT_EQ(ShortName("_ZZN1A3fooEvENKUlT_E_clIiEEDaS0_"),
            "A::foo()::{lambda(auto:1)#1}::operator()");
  EXPECT_EQ(ShortName("_Z1fILm6EEvRAT__Ki"), "f");
}

TEST(ShortenDemangled, UnbalancedTextDoesNotHurt) {
  const std::string text = "a<b(c{d[e)f>g}h]operator<(anonymous namespace)::x<";
  for (size_t begin = 0; begin < text.size(); ++begin) {
    for (size_t size = 0; size <= text.size() - begin; ++size) {
      EXPECT_LE(ShortenDemangled(text.substr(begin, size)).size(), text.size() + 2);
    }
  }
}

}  // namespace
}  // namespace pprof::symbolize

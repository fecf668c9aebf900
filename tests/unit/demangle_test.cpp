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

// Readable function names: "ns::Box::put" for "_ZN2ns3BoxIiE3putEi". In the style that pprof shows
// by default: no parameters, template arguments or return type; enclosing functions of local names
// keep "()"; "operator<", "{lambda(int)#1}" and "(anonymous namespace)" stay.
#pragma once

#include <string>
#include <string_view>

namespace pprof::symbolize {

// The longest template instances of large programs demangle to 15.7 KB; shown names are shorter.
constexpr size_t kMaxNameBytes = size_t{15} * 1024;

// The short form of a linkage name; a name that is neither mangled C++ nor Rust is returned
// unchanged, except for template arguments. The version of a symbol, "@@API_2", is left out. Thread
// safety: safe. Not async-signal-safe: allocates.
std::string ShortName(std::string_view linkage_name);

// The short form of a demangled name.
std::string ShortenDemangled(std::string_view name);

}  // namespace pprof::symbolize

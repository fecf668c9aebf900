// Demangles within a bound of memory and time. A mangled name may refer to its earlier parts: 204
// characters can stand for a type with 2^24 parts.
#pragma once

#include <string>
#include <string_view>

namespace pprof::symbolize {

// The longest demangled name; those of large programs have up to 15.7 KB.
constexpr size_t kMaxDemangledBytes = size_t{16} << 10;

// The demangled form of a name that begins with _Z; "" if it is not valid or too long. References
// to template arguments, and in a name that could be too long all references, are not followed:
// they appear as "auto:1" and "_". Only parameters, template arguments and return types have them,
// which the short form drops, except for the parameters of a lambda; there "auto:1" is right.
// Errors: std::bad_alloc. Thread safety: safe. Not async-signal-safe: allocates.
std::string BoundedDemangle(std::string_view linkage_name);

}  // namespace pprof::symbolize

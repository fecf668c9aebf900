// Readable names of Rust functions, for libraries in Rust that C++ programs link.
#pragma once

#include <string>
#include <string_view>

namespace pprof::symbolize {

// Demangles both of Rust's manglings: "<app::Json as app::Burn>::burn", without generic arguments,
// like ShortName() for C++. False for other text and for names beyond kMaxNameBytes.
// Thread safety: safe. Not async-signal-safe: allocates.
bool DemangleRust(std::string_view symbol, std::string* name);

// Only the v0 mangling, "_R...".
bool DemangleRustV0(std::string_view symbol, std::string* name);

// Decodes the Punycode of the v0 mangling into UTF-8. False for other text.
bool DecodeRustPunycode(std::string_view text, std::string* decoded);

}  // namespace pprof::symbolize

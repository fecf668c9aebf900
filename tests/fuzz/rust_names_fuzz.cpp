// The demangler of Rust's names. A name must be bounded whatever the symbol says, and each symbol
// must be done within libFuzzer's time limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "profiler/symbolize/names/demangle.h"
#include "profiler/symbolize/names/rust_names.h"

using pprof::symbolize::kMaxNameBytes;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string name;
  if (pprof::symbolize::DemangleRust(text, &name) && name.size() > kMaxNameBytes) std::abort();
  if (pprof::symbolize::DemangleRustV0("_R" + std::string(text), &name) &&
      name.size() > kMaxNameBytes) {
    std::abort();
  }
  pprof::symbolize::DecodeRustPunycode(text, &name);
  return 0;
}

// The body of POST /symbol, with hostile names: no answer may have more lines than names.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/handlers/info_handlers.h"
#include "pprof/symbolize.h"

namespace {

std::string hostile_name;

}  // namespace

namespace pprof {

// Replaces the profiler: every address has the input as its name.
std::vector<Frames> Symbolize(const std::vector<uint64_t>& addresses) {
  Frame frame;
  frame.function = hostile_name;
  return std::vector<Frames>(addresses.size(), Frames{frame});
}

}  // namespace pprof

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto addresses = pprof::http::ParseAddresses(text);
  if (addresses.size() > pprof::http::kMaxSymbolAddresses) std::abort();
  hostile_name = text.substr(0, 64);
  const pprof::http::Response response = pprof::http::ServeSymbol(text);
  const auto lines = std::count(response.body.begin(), response.body.end(), '\n');
  if (response.status != 200 || static_cast<size_t>(lines) != addresses.size() + 1) std::abort();
  return 0;
}

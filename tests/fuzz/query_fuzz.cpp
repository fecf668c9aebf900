// The query parser and the checked parameters.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "endpoints/handlers/query.h"

using pprof::http::Query;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto query = Query::Parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!query.ok()) return 0;
  const auto seconds = query.value().Seconds(300);
  if (seconds.ok() && (seconds.value() < 0 || seconds.value() > 300)) std::abort();
  const auto hz = query.value().Hz(100);
  if (hz.ok() && (hz.value() < 1 || hz.value() > 1000)) std::abort();
  query.value().LenientInt("debug");
  return 0;
}

#include "profiler/profiles/holders/names/object_names.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

#include "profiler/symbolize/names/demangle.h"

namespace pprof::profiles::holders {
namespace {

std::string NameOfSize(uint64_t bytes) {
  constexpr uint64_t kKibibyte = 1024;
  constexpr uint64_t kMebibyte = kKibibyte * kKibibyte;
  constexpr uint64_t kLeastKibibytes = 16;
  if (bytes >= kMebibyte) return fmt::format("[{} MiB]", bytes / kMebibyte);
  if (bytes >= kLeastKibibytes * kKibibyte) return fmt::format("[{} KiB]", bytes / kKibibyte);
  return fmt::format("[{} B]", bytes);
}

// "vtable for Session" becomes "Session"; empty for other variables.
std::string ClassOf(const std::string& linkage_name) {
  if (linkage_name.compare(0, 4, "_ZTV") != 0) return {};
  const std::string name = symbolize::ShortName(linkage_name);
  constexpr std::string_view kOf = "vtable for ";
  return name.compare(0, kOf.size(), kOf) == 0 ? name.substr(kOf.size()) : std::string();
}

}  // namespace

std::vector<std::string> NameObjects(const ModuleSymbols& symbols,
                                     const std::vector<NamedObject>& objects) {
  std::vector<std::string> names;
  std::map<size_t, std::vector<size_t>> by_image;
  for (size_t i = 0; i < objects.size(); ++i) {
    names.push_back(NameOfSize(objects[i].size));
    const int image = symbols.ImageOf(objects[i].first_word);
    if (image >= 0) by_image[static_cast<size_t>(image)].push_back(i);
  }
  for (const auto& [image, indexes] : by_image) {
    std::vector<uint64_t> addresses;
    for (const size_t i : indexes) addresses.push_back(objects[i].first_word);
    const auto found = symbols.Find(image, symbolize::DataKind::kStatic, addresses);
    for (size_t k = 0; k < indexes.size(); ++k) {
      std::string name = ClassOf(found[k].linkage_name);
      if (!name.empty()) names[indexes[k]] = std::move(name);
    }
  }
  return names;
}

}  // namespace pprof::profiles::holders

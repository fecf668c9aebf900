#include "profiler/profiles/holders/names/module_symbols.h"

#include <utility>

#include "profiler/symbolize/module/module_of.h"

namespace pprof::profiles::holders {

int ModuleSymbols::ImageOf(uint64_t address) const {
  for (size_t i = 0; i < images_.size(); ++i) {
    if (images_[i].Holds(address)) return static_cast<int>(i);
  }
  return -1;
}

const sys::ExecutableMapping* ModuleSymbols::CodeOf(size_t image) const {
  for (const sys::ExecutableMapping& mapping : mappings_) {
    if (images_[image].Holds(mapping.start)) return &mapping;
  }
  return nullptr;
}

std::string ModuleSymbols::FileOf(size_t image) const {
  const sys::ExecutableMapping* code = CodeOf(image);
  const std::string& path = code != nullptr ? code->path : images_[image].path;
  return path.substr(path.rfind('/') + 1);
}

std::vector<symbolize::DataSymbol> ModuleSymbols::Find(size_t image, symbolize::DataKind kind,
                                                       std::vector<uint64_t> addresses) const {
  const sys::ExecutableMapping* code = CodeOf(image);
  if (code == nullptr) return std::vector<symbolize::DataSymbol>(addresses.size());
  const uint64_t base = kind == symbolize::DataKind::kStatic ? images_[image].base : 0;
  for (uint64_t& address : addresses) address -= base;
  std::vector<symbolize::DataSymbol> symbols =
      FindDataSymbols(symbolize::ModuleOf(*code), kind, addresses);
  for (symbolize::DataSymbol& symbol : symbols) symbol.start += base;
  return symbols;
}

}  // namespace pprof::profiles::holders

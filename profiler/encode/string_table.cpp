#include "profiler/encode/string_table.h"

#include <functional>
#include <utility>

namespace pprof::encode {

StringTable::StringTable(size_t expected) : index_(expected) {
  texts_.reserve(expected);
  IdOfCopy("");
}

uint64_t StringTable::IdOf(const std::string& text) {
  const uint64_t hash = model::MixHash(std::hash<std::string>()(text));
  const auto same = [&](uint32_t i) { return *texts_[i] == text; };
  const uint32_t known = index_.Find(hash, same);
  if (known != model::IndexTable::kNone) return known;
  const auto id = static_cast<uint32_t>(texts_.size());
  texts_.push_back(&text);
  index_.Insert(hash, id);
  return id;
}

uint64_t StringTable::IdOfCopy(std::string text) {
  copies_.push_back(std::move(text));
  return IdOf(copies_.back());
}

}  // namespace pprof::encode

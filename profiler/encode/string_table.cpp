#include "profiler/encode/string_table.h"

#include <functional>
#include <utility>

namespace pprof::encode {

StringTable::StringTable(size_t expected, size_t found_again) : index_(found_again) {
  texts_.reserve(expected);
  IdOfCopy("");
}

uint64_t StringTable::IdOf(const std::string& text) {
  const uint64_t hash = model::MixHash(std::hash<std::string>()(text));
  const auto same = [&](uint32_t i) { return *texts_[i] == text; };
  const uint32_t known = index_.Find(hash, same);
  if (known != model::IndexTable::kNone) return known;
  const uint64_t id = IdOfUnique(text);
  index_.Insert(hash, static_cast<uint32_t>(id));
  return id;
}

uint64_t StringTable::IdOfUnique(const std::string& text) {
  texts_.push_back(&text);
  return texts_.size() - 1;
}

uint64_t StringTable::IdOfCopy(std::string text) {
  copies_.push_back(std::move(text));
  return IdOf(copies_.back());
}

}  // namespace pprof::encode

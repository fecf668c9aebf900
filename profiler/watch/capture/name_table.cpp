#include "profiler/watch/capture/name_table.h"

#include <algorithm>
#include <new>
#include <string>
#include <unordered_map>

namespace pprof::watch {
namespace {

bool IsBelow(const NameTable::Place& place, uint64_t address) { return place.address < address; }

}  // namespace

// Knows which texts the table has; lives for one addition.
class NameTable::Adder {
 public:
  explicit Adder(NameTable* table) : table_(*table) {
    if (table_.text_bytes_ == 0) table_.text_bytes_ = 1;  // offset 0 is the empty text
    for (uint32_t i = 0; i < table_.function_count_; ++i) {
      const Function& function = table_.functions_[i];
      texts_.emplace(table_.name_of(i), function.name);
      texts_.emplace(table_.file_of(i), function.file);
      functions_.emplace(KeyOf(function), i);
    }
  }

  // False: the table is full.
  bool AddPlace(uint64_t address, const model::Symbols& symbols, size_t location) {
    const uint32_t first = symbols.first_line[location];
    const uint32_t count = symbols.first_line[location + 1] - first;
    if (table_.place_count_ == kPlaces || table_.line_count_ + count > kLines) return false;
    const auto begin = static_cast<uint32_t>(table_.line_count_);
    for (uint32_t i = 0; i < count; ++i) {
      const model::Line& line = symbols.lines[first + i];
      uint32_t function = 0;
      if (!FunctionOf(*symbols.functions[line.function], &function)) return false;
      table_.lines_[begin + i] = {function, line.line};
    }
    table_.line_count_ += count;
    table_.places_[table_.place_count_++] = {address, begin, count};
    return true;
  }

 private:
  static uint64_t KeyOf(const Function& function) {
    return uint64_t{function.name} << 32 | function.file;
  }

  bool TextOf(const std::string& text, uint32_t* offset) {
    const auto [at, is_new] = texts_.emplace(text, table_.text_bytes_);
    *offset = text.empty() ? 0 : at->second;
    if (text.empty() || !is_new) return true;
    if (text.size() >= kTextBytes - table_.text_bytes_) {
      texts_.erase(at);
      return false;
    }
    text.copy(&table_.text_[*offset], text.size());
    table_.text_bytes_ += text.size() + 1;
    return true;
  }

  bool FunctionOf(const model::Function& from, uint32_t* index) {
    Function function{};
    if (!TextOf(from.name, &function.name) || !TextOf(from.filename, &function.file)) return false;
    const auto [at, is_new] =
        functions_.emplace(KeyOf(function), static_cast<uint32_t>(table_.function_count_));
    *index = at->second;
    if (!is_new) return true;
    if (table_.function_count_ == kFunctions) return false;
    table_.functions_[table_.function_count_++] = function;
    return true;
  }

  NameTable& table_;
  std::unordered_map<std::string, uint32_t> texts_;
  std::unordered_map<uint64_t, uint32_t> functions_;
};

void NameTable::Add(const model::Profile& profile, const model::Symbols& symbols,
                    uint64_t unloaded) {
  if (unloaded != unloaded_) new (this) NameTable{};
  unloaded_ = unloaded;
  Adder adder(this);
  const size_t before = place_count_;
  for (size_t i = 0; i < profile.locations.size(); ++i) {
    const model::Location& location = profile.locations[i];
    const bool has_code = location.name == 0 && location.mapping != model::kNoMapping;
    if (!has_code || profile.mappings[location.mapping].unloaded) continue;
    const auto* const at = std::lower_bound(places_, places_ + before, location.address, IsBelow);
    if (at != places_ + before && at->address == location.address) continue;
    if (!adder.AddPlace(location.address, symbols, i)) break;
  }
  std::sort(places_, places_ + place_count_,
            [](const Place& a, const Place& b) { return a.address < b.address; });
}

const NameTable::Place* NameTable::Find(uint64_t address) const {
  const Place* end = places_ + place_count_;
  const Place* at = std::lower_bound(static_cast<const Place*>(places_), end, address, IsBelow);
  return at != end && at->address == address ? at : nullptr;
}

bool NameTable::HasNamesIn(uint64_t start, uint64_t limit) const {
  const Place* end = places_ + place_count_;
  const Place* at = std::lower_bound(static_cast<const Place*>(places_), end, start, IsBelow);
  for (; at != end && at->address < limit; ++at) {
    if (at->line_count > 0) return true;
  }
  return false;
}

}  // namespace pprof::watch

#include "profiler/symbolize/service/symbol_cache.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "profiler/symbolize/names/demangle.h"

namespace pprof::symbolize {
namespace {

// Approximate size of a node of an unordered container and its bucket.
constexpr size_t kNodeBytes = 40;
// More modules than a process maps; a program that loads ever new files starts over.
constexpr size_t kMaxModules = size_t{16} * 1024;

}  // namespace

size_t SymbolCache::KeyHash::operator()(const Key& key) const {
  return (key.offset + (uint64_t{key.module} << 40)) * 0x9e3779b97f4a7c15ULL >> 16;
}

size_t SymbolCache::FunctionHash::operator()(
    const std::shared_ptr<const model::Function>& function) const {
  const std::hash<std::string> hash;
  return hash(function->system_name) * 31 + hash(function->filename) + function->start_line;
}

bool SymbolCache::FunctionEqual::operator()(const std::shared_ptr<const model::Function>& a,
                                            const std::shared_ptr<const model::Function>& b) const {
  return a->system_name == b->system_name && a->filename == b->filename &&
         a->start_line == b->start_line;
}

size_t SymbolCache::SizeOf(const CachedLines& lines) {
  return sizeof(Key) + sizeof(Entry) + kNodeBytes + lines.capacity() * sizeof(CachedLine);
}

size_t SymbolCache::SizeOf(const model::Function& function) {
  return sizeof(model::Function) + kNodeBytes + function.name.capacity() +
         function.system_name.capacity() + function.filename.capacity();
}

void SymbolCache::SetBytesLimit(size_t bytes) {
  bytes_limit_ = bytes;
  BeginBatch();
  MakeRoom(0);
}

void SymbolCache::EndBatch() {
  if (!has_unused_functions_) return;
  for (auto function = functions_.begin(); function != functions_.end();) {
    function = function->second == 0 ? functions_.erase(function) : std::next(function);
  }
  has_unused_functions_ = false;
}

uint32_t SymbolCache::ModuleNumber(const std::string& identity) {
  if (modules_.size() >= kMaxModules && modules_.count(identity) == 0) {
    locations_.clear();
    modules_.clear();
    has_names_.clear();
    functions_.clear();
    has_unused_functions_ = false;
    bytes_ = 0;
  }
  const auto next = static_cast<uint32_t>(modules_.size());
  const auto [entry, added] = modules_.emplace(identity, next);
  if (added) has_names_.push_back(false);
  return entry->second;
}

const CachedLines* SymbolCache::Find(uint32_t module, uint64_t offset) {
  const auto found = locations_.find(Key{module, offset});
  if (found == locations_.end()) return nullptr;
  found->second.generation = generation_;
  return &found->second.lines;
}

CachedLines SymbolCache::Intern(const RawFrame* frames, size_t count) {
  CachedLines lines;
  lines.reserve(count);
  for (size_t i = 0; i < count; ++i) lines.push_back({FunctionOf(frames[i]), frames[i].line});
  return lines;
}

void SymbolCache::Remember(uint32_t module, uint64_t offset, CachedLines lines) {
  if (locations_.count(Key{module, offset}) != 0 || !MakeRoom(SizeWithFunctions(lines))) return;
  for (CachedLine& line : lines) Keep(line);
  bytes_ += SizeOf(lines);
  locations_.emplace(Key{module, offset}, Entry{generation_, std::move(lines)});
}

std::shared_ptr<const model::Function> SymbolCache::FunctionOf(const RawFrame& frame) {
  auto function = std::make_shared<model::Function>();
  function->system_name = std::string(frame.linkage_name.substr(0, kMaxNameBytes));
  function->filename = std::string(frame.filename.substr(0, kMaxNameBytes));
  function->start_line = frame.start_line;
  const auto known = functions_.find(function);
  if (known != functions_.end()) return known->first;
  function->name = ShortName(frame.linkage_name);
  has_unused_functions_ = true;
  return functions_.emplace(std::move(function), 0).first->first;
}

size_t SymbolCache::SizeWithFunctions(const CachedLines& lines) const {
  size_t size = SizeOf(lines);
  for (const CachedLine& line : lines) {
    const auto known = functions_.find(line.function);
    if (known == functions_.end() || known->second == 0) size += SizeOf(*line.function);
  }
  return size;
}

bool SymbolCache::MakeRoom(size_t bytes) {
  while (bytes_ + bytes > bytes_limit_) {
    if (full_in_ == generation_ || !Evict()) return false;
  }
  return true;
}

// Evicts the least recently used half of the locations, except those of this batch. Half, so that a
// full cache is not searched for every new location. False if there are none.
bool SymbolCache::Evict() {
  std::vector<uint64_t> generations;
  for (const auto& [key, location] : locations_) {
    if (location.generation != generation_) generations.push_back(location.generation);
  }
  if (generations.empty()) {
    full_in_ = generation_;
    return false;
  }
  const auto middle = generations.begin() + static_cast<ptrdiff_t>(generations.size() / 2);
  std::nth_element(generations.begin(), middle, generations.end());
  for (auto location = locations_.begin(); location != locations_.end();) {
    if (location->second.generation > *middle) {
      ++location;
      continue;
    }
    for (const CachedLine& line : location->second.lines) Release(line);
    bytes_ -= SizeOf(location->second.lines);
    location = locations_.erase(location);
  }
  return true;
}

void SymbolCache::Keep(CachedLine& line) {
  const auto entry = functions_.emplace(line.function, 0).first;
  if (entry->second++ == 0) bytes_ += SizeOf(*line.function);
  line.function = entry->first;  // an equal one may have been added meanwhile
}

void SymbolCache::Release(const CachedLine& line) {
  const auto entry = functions_.find(line.function);
  if (entry == functions_.end() || --entry->second != 0) return;
  bytes_ -= SizeOf(*line.function);
  functions_.erase(entry);
}

}  // namespace pprof::symbolize

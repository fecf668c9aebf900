#include "profiler/symbolize/symbol_cache.h"

#include <functional>
#include <utility>

#include "profiler/symbolize/demangle.h"

namespace pprof::symbolize {
namespace {

// A node of an unordered container and its bucket, roughly.
constexpr size_t kNodeBytes = 40;
// More modules than a process maps; a program that loads ever new files starts over.
constexpr size_t kMaxModules = 16 * 1024;

}  // namespace

size_t SymbolCache::KeyHash::operator()(const Key& key) const {
  return (key.offset + (uint64_t{key.module} << 40)) * 0x9e3779b97f4a7c15ULL >> 16;
}

size_t SymbolCache::FunctionHash::operator()(
    const std::shared_ptr<const Function>& function) const {
  const std::hash<std::string> hash;
  return hash(function->system_name) * 31 + hash(function->filename) + function->start_line;
}

bool SymbolCache::FunctionEqual::operator()(const std::shared_ptr<const Function>& a,
                                            const std::shared_ptr<const Function>& b) const {
  return a->system_name == b->system_name && a->filename == b->filename &&
         a->start_line == b->start_line;
}

size_t SymbolCache::SizeOf(const CachedLines& lines) {
  return sizeof(Key) + sizeof(Place) + kNodeBytes + lines.capacity() * sizeof(CachedLine);
}

size_t SymbolCache::SizeOf(const Function& function) {
  return sizeof(Function) + kNodeBytes + function.name.capacity() +
         function.system_name.capacity() + function.filename.capacity();
}

void SymbolCache::BeginBatch() {
  ++generation_;
  // Functions of places that found no room.
  if (bytes_ > limits_.bytes) DropUnusedFunctions();
}

uint32_t SymbolCache::ModuleNumber(const std::string& identity) {
  if (modules_.size() >= kMaxModules && modules_.count(identity) == 0) {
    places_.clear();
    modules_.clear();
    functions_.clear();
    bytes_ = 0;
  }
  return modules_.emplace(identity, static_cast<uint32_t>(modules_.size())).first->second;
}

const CachedLines* SymbolCache::Find(uint32_t module, uint64_t offset) {
  const auto found = places_.find(Key{module, offset});
  if (found == places_.end()) return nullptr;
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
  const size_t size = SizeOf(lines);
  if (!MakeRoom(size)) return;
  if (places_.emplace(Key{module, offset}, Place{generation_, std::move(lines)}).second) {
    bytes_ += size;
  }
}

std::shared_ptr<const Function> SymbolCache::FunctionOf(const RawFrame& frame) {
  auto function = std::make_shared<Function>();
  function->system_name = std::string(frame.linkage_name.substr(0, kMaxNameBytes));
  function->filename = std::string(frame.filename.substr(0, kMaxNameBytes));
  function->start_line = frame.start_line;
  const auto known = functions_.find(function);
  if (known != functions_.end()) return *known;
  function->name = ShortName(frame.linkage_name);
  bytes_ += SizeOf(*function);
  return *functions_.insert(std::move(function)).first;
}

// One eviction a batch at most: after it, what is left belongs to this batch.
bool SymbolCache::MakeRoom(size_t bytes) {
  const auto full = [&] {
    return places_.size() >= limits_.places || bytes_ + bytes > limits_.bytes;
  };
  if (!full()) return true;
  if (evicted_in_ == generation_) return false;
  evicted_in_ = generation_;
  Evict();
  return !full();
}

void SymbolCache::Evict() {
  for (auto place = places_.begin(); place != places_.end();) {
    if (place->second.generation == generation_) {
      ++place;
      continue;
    }
    bytes_ -= SizeOf(place->second.lines);
    place = places_.erase(place);
  }
  DropUnusedFunctions();
}

void SymbolCache::DropUnusedFunctions() {
  for (auto function = functions_.begin(); function != functions_.end();) {
    if (function->use_count() > 1) {
      ++function;
      continue;
    }
    bytes_ -= SizeOf(**function);
    function = functions_.erase(function);
  }
}

}  // namespace pprof::symbolize

#include "profiler/profiles/holders/way_frames.h"

#include <fmt/format.h>

#include <algorithm>

#include "pprof/symbolize.h"
#include "profiler/profiles/holders/names/object_names.h"
#include "profiler/signal_safe/heap/heap_stack.h"

namespace pprof::profiles::holders {
namespace {

constexpr size_t kMostVia = 12;              // frames
constexpr size_t kMostPlaces = 1000;         // with an allocating function
constexpr size_t kFramesTried = 16;          // for a function that is not of a library of templates
constexpr uint64_t kLargestStructure = 512;  // bytes; larger blocks are tables

bool IsOfLibrary(const std::string& function) {
  for (const char* beginning :
       {"std::", "__", "operator ", "boost::", "void ", "malloc", "calloc"}) {
    if (function.rfind(beginning, 0) == 0) return true;
  }
  return function.empty();
}

// The key of a place: the holder and the first `count` blocks.
template <class Blocks>
std::string PlaceOf(const Target& target, const Blocks& blocks, size_t count) {
  std::string place = std::to_string(target.holder);
  for (size_t i = 0; i < count; ++i) place += '|' + blocks[i].name;
  return place;
}

// The first function that is not one of a library; empty: none.
std::string FirstOwn(const Frames* frames) {
  for (size_t i = 0; i < kFramesTried; ++i) {
    for (const Frame& frame : frames[i]) {
      if (!IsOfLibrary(frame.function)) return frame.function;
    }
  }
  return {};
}

}  // namespace

WayFrames::WayFrames(HolderSearch* search) : search_(*search) {
  NameBlocks();
  NameAllocators();
}

void WayFrames::NameBlocks() {
  const Ways& ways = search_.ways();
  std::vector<bool> on_way(ways.size());
  for (const Target& target : search_.targets()) {
    if (target.holder == kNoHolder) continue;
    for (uint32_t hop = target.hop; hop != kNoHop && !on_way[hop]; hop = ways[hop].up) {
      on_way[hop] = true;
    }
  }
  std::vector<uint32_t> hops;
  for (uint32_t hop = 0; hop < on_way.size(); ++hop) {
    if (on_way[hop]) hops.push_back(hop);
  }
  std::sort(hops.begin(), hops.end(),
            [&](uint32_t a, uint32_t b) { return ways[a].object < ways[b].object; });
  ObjectTable::Cursor cursor(search_.objects());
  std::vector<NamedObject> objects;
  for (const uint32_t hop : hops) {
    const Object object = cursor.MoveTo(ways[hop].object);
    objects.push_back({object.size, search_.live().Peek(object.start)});
  }
  const ModuleSymbols symbols(search_.program().images);
  std::vector<std::string> named = NameObjects(symbols, objects);
  names_.resize(ways.size());
  is_structure_.resize(ways.size());
  for (size_t i = 0; i < hops.size(); ++i) {
    names_[hops[i]] = std::move(named[i]);
    is_structure_[hops[i]] = objects[i].size <= kLargestStructure;
  }
}

std::vector<WayFrames::Block> WayFrames::BlocksTo(const Target& target) const {
  const Ways& ways = search_.ways();
  std::vector<Block> blocks;  // the target first
  uint32_t below = kNoHop;
  for (uint32_t hop = target.hop; hop != kNoHop; below = hop, hop = ways[hop].up) {
    Block block{names_[hop], {}};
    // Which member of a structure that a root points to.
    const bool first = ways[hop].holder == kNoObject;
    if (first && below != kNoHop && is_structure_[hop]) {
      block.member = fmt::format("+{:#x}", ways[below].offset);
    }
    if (blocks.empty() || blocks.back().name != block.name || !block.member.empty()) {
      blocks.push_back(std::move(block));
    }
  }
  std::reverse(blocks.begin(), blocks.end());
  return blocks;
}

// The innermost function of the program's own on the allocation stack of one block of each place.
void WayFrames::NameAllocators() {
  std::vector<std::string> places;
  std::vector<uint64_t> pcs;
  for (const Target& target : search_.targets()) {
    if (target.holder == kNoHolder || places.size() == kMostPlaces) continue;
    if (target.hop == kNoHop) continue;
    if (target.object != search_.ways()[target.hop].object) continue;  // its way ends before it
    const std::vector<Block> blocks = BlocksTo(target);
    std::string place = PlaceOf(target, blocks, blocks.size());
    if (!allocators_.try_emplace(place).second) continue;
    places.push_back(std::move(place));
    const signal_safe::HeapStack& stack = *target.record.stack;
    for (size_t i = 0; i < kFramesTried; ++i) {
      pcs.push_back(i < stack.depth ? stack.pcs()[i] - 1 : 0);
    }
  }
  const std::vector<Frames> frames = Symbolize(pcs);
  for (size_t i = 0; i < places.size(); ++i) {
    allocators_[places[i]] = FirstOwn(&frames[i * kFramesTried]);
  }
}

std::vector<std::string> WayFrames::Of(const Target& target) const {
  std::vector<std::string> frames;
  const std::vector<Block> blocks = BlocksTo(target);
  if (PointersOf(target.level) == kDeep) {
    frames.push_back(fmt::format("via more than {} pointers", kLast));
  }
  // Without the target itself, which is the last block unless its way is only known to its middle.
  const bool to_target = target.hop != kNoHop && target.object == search_.ways()[target.hop].object;
  const size_t count = blocks.size() - (to_target && !blocks.empty() ? 1 : 0);
  for (size_t i = count; i-- > 0;) {
    if (i >= kMostVia && i + 1 < count) continue;
    const auto allocator = allocators_.find(PlaceOf(target, blocks, i + 1));
    const bool named = allocator != allocators_.end() && !allocator->second.empty();
    frames.push_back("via " + blocks[i].name + blocks[i].member +
                     (named ? " of " + allocator->second : ""));
  }
  const Holder& holder = search_.holders()[target.holder];
  // A word that may be a pointer, or may be one of the past, is no proof.
  const bool weak = StrengthOf(target.level) == Strength::kWeak;
  frames.push_back((weak ? "may be held by " : "held by ") + holder.name);
  frames.push_back(holder.place);
  return frames;
}

}  // namespace pprof::profiles::holders

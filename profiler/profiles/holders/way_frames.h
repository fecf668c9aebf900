// The ways of a search as frames: what they pass, and who holds them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "profiler/profiles/holders/holder_search.h"

namespace pprof::profiles::holders {

// Thread safety: none. Not async-signal-safe: opens files, allocates. REQUIRES: the search outlives
// it.
class WayFrames {
 public:
  // Names all blocks on the ways, in one batch, also by the functions that allocated them.
  explicit WayFrames(HolderSearch* search);

  // From the block to the root: "via [64 B] of reqctx::Set", "held by reqctx::table",
  // "[global (demo_app .bss)]". REQUIRES: the target has a holder.
  std::vector<std::string> Of(const Target& target) const;

 private:
  struct Block {
    std::string name;
    std::string member;  // "+0x38": with the pointer to the next block; empty: not told
  };

  // The blocks on the way, from the root to the target itself; equal neighbours once.
  std::vector<Block> BlocksTo(const Target& target) const;
  void NameBlocks();
  void NameAllocators();

  HolderSearch& search_;
  std::vector<std::string> names_;  // by step; empty: on no way to a target
  std::vector<bool> is_structure_;  // by step
  // By place, which is the holder and the blocks from it on. A sampled block tells the function
  // that allocated it, and that of all others at its place.
  std::map<std::string, std::string> allocators_;
};

}  // namespace pprof::profiles::holders

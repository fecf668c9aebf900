// The string table of profile.proto: maps texts to indexes; "" is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "profiler/model/index_table.h"

namespace pprof::encode {

// Keeps pointers to the texts instead of copies, which saves 2 of 2.4 MB for 17,000 strings.
// Thread safety: none. Not async-signal-safe: allocates.
class StringTable {
 public:
  // Reserves room for `expected` strings, of which `found_again` go through IdOf.
  StringTable(size_t expected, size_t found_again);

  // REQUIRES: `text` outlives the table, at this address.
  uint64_t IdOf(const std::string& text);

  // For texts that are rarely repeated, such as mangled names: not looked up, not found again.
  // REQUIRES: as IdOf.
  uint64_t IdOfUnique(const std::string& text);

  // For temporary texts.
  uint64_t IdOfCopy(std::string text);

  // The texts by index.
  const std::vector<const std::string*>& texts() const { return texts_; }

 private:
  std::vector<const std::string*> texts_;
  std::deque<std::string> copies_;
  model::IndexTable index_;
};

}  // namespace pprof::encode

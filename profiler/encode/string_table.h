// The string table of profile.proto: texts in, numbers out; "" is number 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "profiler/model/index_table.h"

namespace pprof::encode {

// Keeps pointers to the texts, not copies: 17,000 strings cost 0.4 MB here instead of 2 MB more.
// Thread safety: none. Not signal-safe: allocates.
class StringTable {
 public:
  // Room for so many strings without growing; `found_again` of them through IdOf.
  StringTable(size_t expected, size_t found_again);

  // REQUIRES: `text` outlives the table, at this address.
  uint64_t IdOf(const std::string& text);

  // For texts that hardly ever come twice, such as mangled names: not looked for, not found again.
  // REQUIRES: as IdOf.
  uint64_t IdOfUnique(const std::string& text);

  // For texts made on the way.
  uint64_t IdOfCopy(std::string text);

  // By number.
  const std::vector<const std::string*>& texts() const { return texts_; }

 private:
  std::vector<const std::string*> texts_;
  std::deque<std::string> copies_;
  model::IndexTable index_;
};

}  // namespace pprof::encode

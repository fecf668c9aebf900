// The symbols of a profile's locations: the result of symbolization, as a value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pprof::model {

// Immutable; shared by the cache and all Symbols that refer to it.
struct Function {
  std::string name;         // demangled and shortened
  std::string system_name;  // linkage name
  std::string filename;     // empty: unknown
  uint32_t start_line = 0;  // 0: unknown
};

struct Line {
  uint32_t function = 0;  // index in Symbols::functions
  uint32_t line = 0;      // 0: unknown
};

// Lines of location i: lines[first_line[i]] to lines[first_line[i + 1]], innermost inlined function
// first. None: unknown location.
struct Symbols {
  std::vector<std::shared_ptr<const Function>> functions;  // distinct
  std::vector<Line> lines;
  std::vector<uint32_t> first_line;  // locations + 1 entries
  // By module: it has a symbol table of its functions, so readers need not look for names. A fact
  // about the module, whatever places of it a profile has. Modules beyond the end have none.
  std::vector<bool> has_names;
  // By module: the time limit ended before all its locations were looked up. Empty: none.
  std::vector<bool> incomplete;
  std::vector<std::string> comments;  // about missing names, for the readers of the profile
};

}  // namespace pprof::model

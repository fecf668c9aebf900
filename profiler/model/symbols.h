// The names of locations in code: what symbolizing gives, as a value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pprof::model {

// Immutable once made; shared by the cache and by all who hold its Symbols.
struct Function {
  std::string name;         // short, for people
  std::string system_name;  // as the linker knows it
  std::string filename;     // empty: unknown
  uint32_t start_line = 0;  // 0: unknown
};

struct Line {
  uint32_t function = 0;  // index in Symbols::functions
  uint32_t line = 0;      // 0: unknown
};

// Lines of location i: lines[first_line[i]] to lines[first_line[i + 1]], the innermost inlined
// function first. None: nothing is known about it.
struct Symbols {
  std::vector<std::shared_ptr<const Function>> functions;  // distinct
  std::vector<Line> lines;
  std::vector<uint32_t> first_line;  // locations + 1 entries
  // By module: there was no time for all that was asked for. Empty: there was for every module.
  std::vector<bool> incomplete;
};

}  // namespace pprof::model

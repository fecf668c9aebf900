// The function that is really at each address, without those inlined into it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pprof/symbolize.h"

namespace pprof {

inline std::vector<std::string> FunctionNames(const std::vector<uint64_t>& addresses) {
  std::vector<std::string> names;
  for (const Frames& frames : Symbolize(addresses)) {
    names.push_back(frames.empty() ? std::string() : frames.back().function);
  }
  return names;
}

}  // namespace pprof

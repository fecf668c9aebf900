// Reads the answers of a server, which may be any program's: pprof's format, gzipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pprof::command {

// What a table of functions needs of a profile. A value.
struct ReadProfile {
  struct Sample {
    std::vector<uint32_t> stack;  // indexes of `functions`, innermost first
    int64_t value = 0;
  };
  std::string type;  // of the values: "inuse_space"
  std::string unit;  // "bytes"
  int64_t duration_nanos = 0;
  std::vector<std::string> functions;
  std::vector<Sample> samples;
};

// Reads the column that the profile calls its default. Throws Failure for what is no profile.
ReadProfile ReadGzippedProfile(const std::string& bytes);

}  // namespace pprof::command

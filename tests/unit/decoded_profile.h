// A gzipped profile.proto as plain tables, for tests: decoded with protozero, checked like pprof
// and Parca do.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pprof::test {

struct DecodedLine {
  uint64_t function = 0;
  int64_t line = 0;
};
struct DecodedLocation {
  uint64_t id = 0;
  uint64_t mapping = 0;
  uint64_t address = 0;
  std::vector<DecodedLine> lines;
};
struct DecodedFunction {
  uint64_t id = 0;
  std::string name, system_name, filename;
  int64_t start_line = 0;
};
struct DecodedMapping {
  uint64_t id = 0, start = 0, limit = 0, offset = 0;
  std::string filename, build_id;
  bool has_functions = false, has_filenames = false, has_line_numbers = false;
  bool has_inline_frames = false;
};
struct DecodedLabel {
  std::string key, text;
  int64_t number = 0;
  std::string unit;
};
struct DecodedSample {
  std::vector<uint64_t> locations;
  std::vector<int64_t> values;
  std::vector<DecodedLabel> labels;
};
struct DecodedType {
  std::string type, unit;
};

struct DecodedProfile {
  std::vector<DecodedType> sample_types;
  std::vector<DecodedSample> samples;
  std::vector<DecodedMapping> mappings;
  std::vector<DecodedLocation> locations;
  std::vector<DecodedFunction> functions;
  std::vector<std::string> strings;
  std::vector<std::string> comments;
  DecodedType period_type;
  std::string default_sample_type;
  int64_t time_nanos = 0, duration_nanos = 0, period = 0;
  std::map<int, int> fields;  // occurrences of each field of message Profile
};

// The contents of one gzip stream; aborts the test if malformed.
std::string Gunzip(const std::string& bytes);

// REQUIRES: well-formed protobuf; throws otherwise, also for a string index out of range.
DecodedProfile Decode(const std::string& gzipped);

// Describes the first rule that the profile breaks; empty if pprof's CheckValid and Parca's
// ValidatePprofProfile accept it.
std::string FlawOf(const DecodedProfile& profile);

// The names of a sample's frames, innermost first, joined by ';'.
std::string StackOf(const DecodedProfile& profile, const DecodedSample& sample);

}  // namespace pprof::test

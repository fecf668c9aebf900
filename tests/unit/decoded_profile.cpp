#include "tests/unit/decoded_profile.h"

#include <zlib.h>

#include <protozero/pbf_reader.hpp>
#include <stdexcept>

#include "profiler/encode/utf8.h"

namespace pprof::test {
namespace {

using protozero::pbf_reader;

// Numeric fields of one message; strings are resolved when the whole table is known.
struct Decoder {
  explicit Decoder(const std::string& bytes) {
    for (pbf_reader message(bytes); message.next(); message.skip()) ++profile.fields[message.tag()];
    pbf_reader message(bytes);
    while (message.next(6)) profile.strings.push_back(message.get_string());
  }

  const std::string& Text(uint64_t id) const { return profile.strings.at(id); }

  DecodedType Type(pbf_reader message) const {
    DecodedType type;
    while (message.next()) {
      (message.tag() == 1 ? type.type : type.unit) = Text(message.get_uint64());
    }
    return type;
  }

  DecodedLabel Label(pbf_reader message) const {
    DecodedLabel label;
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          label.key = Text(message.get_uint64());
          break;
        case 2:
          label.text = Text(message.get_uint64());
          break;
        case 3:
          label.number = message.get_int64();
          break;
        case 4:
          label.unit = Text(message.get_uint64());
          break;
        default:
          throw std::runtime_error("unknown field of Label");
      }
    }
    return label;
  }

  DecodedSample Sample(pbf_reader message) const {
    DecodedSample sample;
    while (message.next()) {
      if (message.tag() == 1) {
        for (const uint64_t id : message.get_packed_uint64()) sample.locations.push_back(id);
      } else if (message.tag() == 2) {
        for (const int64_t value : message.get_packed_int64()) sample.values.push_back(value);
      } else {
        sample.labels.push_back(Label(message.get_message()));
      }
    }
    return sample;
  }

  DecodedMapping Mapping(pbf_reader message) const {
    DecodedMapping mapping;
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          mapping.id = message.get_uint64();
          break;
        case 2:
          mapping.start = message.get_uint64();
          break;
        case 3:
          mapping.limit = message.get_uint64();
          break;
        case 4:
          mapping.offset = message.get_uint64();
          break;
        case 5:
          mapping.filename = Text(message.get_uint64());
          break;
        case 6:
          mapping.build_id = Text(message.get_uint64());
          break;
        case 7:
          mapping.has_functions = message.get_bool();
          break;
        case 8:
          mapping.has_filenames = message.get_bool();
          break;
        case 9:
          mapping.has_line_numbers = message.get_bool();
          break;
        case 10:
          mapping.has_inline_frames = message.get_bool();
          break;
        default:
          throw std::runtime_error("unknown field of Mapping");
      }
    }
    return mapping;
  }

  static DecodedLine Line(pbf_reader message) {
    DecodedLine line;
    while (message.next()) {
      if (message.tag() == 1) {
        line.function = message.get_uint64();
      } else {
        line.line = message.get_int64();
      }
    }
    return line;
  }

  static DecodedLocation Location(pbf_reader message) {
    DecodedLocation location;
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          location.id = message.get_uint64();
          break;
        case 2:
          location.mapping = message.get_uint64();
          break;
        case 3:
          location.address = message.get_uint64();
          break;
        case 4:
          location.lines.push_back(Line(message.get_message()));
          break;
        default:
          throw std::runtime_error("unknown field of Location");
      }
    }
    return location;
  }

  DecodedFunction Function(pbf_reader message) const {
    DecodedFunction function;
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          function.id = message.get_uint64();
          break;
        case 2:
          function.name = Text(message.get_uint64());
          break;
        case 3:
          function.system_name = Text(message.get_uint64());
          break;
        case 4:
          function.filename = Text(message.get_uint64());
          break;
        case 5:
          function.start_line = message.get_int64();
          break;
        default:
          throw std::runtime_error("unknown field of Function");
      }
    }
    return function;
  }

  void Field(pbf_reader& message) {
    switch (message.tag()) {
      case 1:
        profile.sample_types.push_back(Type(message.get_message()));
        break;
      case 2:
        profile.samples.push_back(Sample(message.get_message()));
        break;
      case 3:
        profile.mappings.push_back(Mapping(message.get_message()));
        break;
      case 4:
        profile.locations.push_back(Location(message.get_message()));
        break;
      case 5:
        profile.functions.push_back(Function(message.get_message()));
        break;
      case 6:
        message.skip();
        break;
      case 9:
        profile.time_nanos = message.get_int64();
        break;
      case 10:
        profile.duration_nanos = message.get_int64();
        break;
      case 11:
        profile.period_type = Type(message.get_message());
        break;
      case 12:
        profile.period = message.get_int64();
        break;
      case 13:
        profile.comments.push_back(Text(message.get_uint64()));
        break;
      case 14:
        profile.default_sample_type = Text(message.get_uint64());
        break;
      default:
        throw std::runtime_error("unknown field of Profile");
    }
  }

  DecodedProfile profile;
};

template <class Entries>
bool Sequential(const Entries& entries) {
  uint64_t next = 1;
  for (const auto& entry : entries) {
    if (entry.id != next++) return false;
  }
  return true;
}

std::string FlawOfSamples(const DecodedProfile& profile) {
  for (const DecodedSample& sample : profile.samples) {
    if (sample.values.size() != profile.sample_types.size()) return "value count";
    for (const uint64_t id : sample.locations) {
      if (id == 0 || id > profile.locations.size()) return "sample has nil location";
    }
    for (const DecodedLabel& label : sample.labels) {
      if (label.key.empty()) return "label without key";
    }
  }
  return {};
}

}  // namespace

std::string Gunzip(const std::string& bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int code = Z_OK;
  while (code == Z_OK) {
    char buffer[65536];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof buffer - stream.avail_out);
  }
  const bool whole = code == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) throw std::runtime_error("not one whole gzip stream");
  return out;
}

DecodedProfile Decode(const std::string& gzipped) {
  const std::string bytes = Gunzip(gzipped);
  Decoder decoder(bytes);
  pbf_reader message(bytes);
  while (message.next()) decoder.Field(message);
  return std::move(decoder.profile);
}

std::string FlawOf(const DecodedProfile& profile) {
  if (profile.sample_types.empty()) return "missing sample type information";
  if (profile.strings.empty() || !profile.strings[0].empty()) return "string_table[0] must be ''";
  if (!Sequential(profile.mappings)) return "mapping id is not sequential";
  if (!Sequential(profile.locations)) return "location id is not sequential";
  if (!Sequential(profile.functions)) return "function id is not sequential";
  for (const DecodedLocation& location : profile.locations) {
    if (location.mapping > profile.mappings.size()) return "location with unknown mapping";
    for (const DecodedLine& line : location.lines) {
      if (line.function == 0 || line.function > profile.functions.size()) return "nil function";
    }
  }
  for (const std::string& text : profile.strings) {
    if (!encode::IsUtf8(text)) return "string is not UTF-8";
  }
  for (const auto& [field, count] : profile.fields) {
    const bool repeated = field <= 6 || field == 13;
    if (!repeated && count > 1) return "concatenated profiles detected";
  }
  return FlawOfSamples(profile);
}

std::string StackOf(const DecodedProfile& profile, const DecodedSample& sample) {
  std::string stack;
  for (const uint64_t id : sample.locations) {
    for (const DecodedLine& line : profile.locations.at(id - 1).lines) {
      if (!stack.empty()) stack += ';';
      stack += profile.functions.at(line.function - 1).name;
    }
  }
  return stack;
}

}  // namespace pprof::test

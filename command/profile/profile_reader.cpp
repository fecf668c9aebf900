#include "command/profile/profile_reader.h"

#include <zlib.h>

#include <exception>
#include <map>
#include <memory>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "command/failure.h"

namespace pprof::command {
namespace {

using protozero::pbf_reader;

// What comes from a socket may be made to expand without end.
constexpr size_t kMostBytes = size_t{1} << 30;
constexpr int kGzipWindow = 15 + 16;  // zlib's code for "the largest window, in gzip's envelope"

// The content of one gzip stream; bytes that are not compressed come back as they are. Throws
// Failure for a stream that is damaged, cut off or too large.
std::string Gunzip(const std::string& bytes) {
  if (bytes.compare(0, 2, "\x1f\x8b") != 0) return bytes;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw Failure("no memory to read the answer");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owned(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string content;
  char buffer[65536];
  for (int state = Z_OK; state != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    state = inflate(&stream, Z_NO_FLUSH);
    content.append(buffer, sizeof buffer - stream.avail_out);
    if ((state != Z_OK && state != Z_STREAM_END) || content.size() > kMostBytes) {
      throw Failure("the answer is damaged, cut off or larger than 1 GiB");
    }
  }
  return content;
}

struct ValueType {
  uint64_t type = 0;
  uint64_t unit = 0;
};

struct RawSample {
  std::vector<uint64_t> locations;
  std::vector<int64_t> values;
};

struct RawLocation {
  uint64_t address = 0;
  std::vector<uint64_t> functions;  // innermost first: the inlined ones, then the one around them
};

// The message's tables with their numbers; field numbers are those of profile.proto.
class Reader {
 public:
  explicit Reader(const std::string& bytes) {
    for (pbf_reader message(bytes); message.next();) ReadField(message);
  }

  ReadProfile Result() {
    ReadProfile result;
    const size_t column = DefaultColumn();
    result.type = strings_.at(types_.at(column).type);
    result.unit = strings_.at(types_.at(column).unit);
    result.duration_nanos = duration_;
    for (const RawSample& raw : samples_) {
      ReadProfile::Sample sample{{}, raw.values.at(column)};
      for (const uint64_t id : raw.locations) AddFrames(id, sample.stack, result.functions);
      result.samples.push_back(std::move(sample));
    }
    return result;
  }

 private:
  void ReadField(pbf_reader& message) {
    switch (message.tag()) {
      case 1:
        types_.push_back(ReadType(message.get_message()));
        break;
      case 2:
        samples_.push_back(ReadSample(message.get_message()));
        break;
      case 4:
        ReadLocation(message.get_message());
        break;
      case 5:
        ReadFunction(message.get_message());
        break;
      case 6:
        strings_.push_back(message.get_string());
        break;
      case 10:
        duration_ = message.get_int64();
        break;
      case 14:
        default_type_ = message.get_uint64();
        break;
      default:
        message.skip();
    }
  }

  static ValueType ReadType(pbf_reader message) {
    ValueType type;
    while (message.next()) (message.tag() == 1 ? type.type : type.unit) = message.get_uint64();
    return type;
  }

  static RawSample ReadSample(pbf_reader message) {
    RawSample sample;
    while (message.next()) {
      if (message.tag() == 1) {
        for (const uint64_t id : message.get_packed_uint64()) sample.locations.push_back(id);
      } else if (message.tag() == 2) {
        for (const int64_t value : message.get_packed_int64()) sample.values.push_back(value);
      } else {
        message.skip();
      }
    }
    return sample;
  }

  void ReadLocation(pbf_reader message) {
    uint64_t id = 0;
    RawLocation location;
    while (message.next()) {
      if (message.tag() == 1) {
        id = message.get_uint64();
      } else if (message.tag() == 3) {
        location.address = message.get_uint64();
      } else if (message.tag() == 4) {
        pbf_reader line = message.get_message();
        while (line.next(1)) location.functions.push_back(line.get_uint64());
      } else {
        message.skip();
      }
    }
    locations_[id] = std::move(location);
  }

  void ReadFunction(pbf_reader message) {
    uint64_t id = 0;
    uint64_t name = 0;
    while (message.next()) {
      if (message.tag() == 1) {
        id = message.get_uint64();
      } else if (message.tag() == 2) {
        name = message.get_uint64();
      } else {
        message.skip();
      }
    }
    functions_[id] = name;
  }

  // As the pprof tool chooses it: the named one, else the last.
  size_t DefaultColumn() const {
    for (size_t i = 0; default_type_ != 0 && i < types_.size(); ++i) {
      if (strings_.at(types_[i].type) == strings_.at(default_type_)) return i;
    }
    if (types_.empty()) throw Failure("the answer is not a profile: it has no values");
    return types_.size() - 1;
  }

  void AddFrames(uint64_t id, std::vector<uint32_t>& stack, std::vector<std::string>& names) {
    const RawLocation& location = locations_.at(id);
    for (const uint64_t function : location.functions) {
      stack.push_back(IndexOf(strings_.at(functions_.at(function)), names));
    }
    if (!location.functions.empty()) return;
    char text[32];
    std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(location.address));
    stack.push_back(IndexOf(text, names));
  }

  uint32_t IndexOf(const std::string& name, std::vector<std::string>& names) {
    const auto [at, added] = indexes_.emplace(name, static_cast<uint32_t>(names.size()));
    if (added) names.push_back(name);
    return at->second;
  }

  std::vector<ValueType> types_;
  std::vector<RawSample> samples_;
  std::map<uint64_t, RawLocation> locations_;
  std::map<uint64_t, uint64_t> functions_;
  std::vector<std::string> strings_;
  std::map<std::string, uint32_t> indexes_;
  int64_t duration_ = 0;
  uint64_t default_type_ = 0;
};

}  // namespace

ReadProfile ReadGzippedProfile(const std::string& bytes) {
  const std::string content = Gunzip(bytes);
  try {
    return Reader(content).Result();
  } catch (const Failure&) {
    throw;
  } catch (const std::exception& error) {  // protozero's, and indexes that lead nowhere
    throw Failure(std::string("the answer is not a profile: ") + error.what());
  }
}

}  // namespace pprof::command

#include <memory>
#include <ostream>
#include <protozero/pbf_writer.hpp>
#include <string>

#include "pprof/version.h"
#include "profiler/encode/encoders.h"
#include "profiler/encode/function_table.h"
#include "profiler/encode/gzip_sink.h"
#include "profiler/encode/string_table.h"
#include "profiler/encode/utf8.h"
#include "profiler/model/profile_proto.h"

namespace pprof::encode {
namespace {

using protozero::pbf_writer;

namespace pb = model::profile_proto;

constexpr size_t kFlushBytes = size_t{64} * 1024;
constexpr char kIncomplete[] =
    "some functions have no lines or no names: the time limit ended before all were looked up; the "
    "next profile will have them";

// Writes messages in the order of their field numbers, strings last, as Go does. Ids are 1..n in
// table order: Parca accepts nothing else.
class ProtoEncoder {
 public:
  ProtoEncoder(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out)
      : profile_(profile),
        symbols_(symbols),
        functions_(profile, symbols),
        strings_(symbols.functions.size() * 2 + 1024, symbols.functions.size() + 1024),
        sink_(out),
        writer_(buffer_) {
    buffer_.reserve(kFlushBytes + kFlushBytes / 4);
  }

  Status Run() {
    for (const ValueType& type : profile_.values) WriteValueType(pb::kSampleType, type);
    for (size_t i = 0; i < profile_.samples.size(); ++i) WriteSample(i);
    for (size_t i = 0; i < profile_.mappings.size(); ++i) WriteMapping(i);
    for (size_t i = 0; i < profile_.locations.size(); ++i) WriteLocation(i);
    WriteFunctions();
    WriteHead();
    for (const std::string* text : strings_.texts()) WriteString(*text);
    sink_.Write(buffer_);
    return sink_.Finish();
  }

 private:
  // Called between two messages: flushes the buffer if it is large enough.
  void MaybeFlush() {
    if (buffer_.size() < kFlushBytes) return;
    sink_.Write(buffer_);
    buffer_.clear();
  }

  static void AddNonZero(pbf_writer& message, protozero::pbf_tag_type tag, uint64_t value) {
    if (value != 0) message.add_uint64(tag, value);
  }

  void WriteValueType(pb::Profile tag, const ValueType& type) {
    pbf_writer message(writer_, tag);
    AddNonZero(message, pb::value_type::kType, strings_.IdOf(type.type));
    AddNonZero(message, pb::value_type::kUnit, strings_.IdOf(type.unit));
  }

  void WriteSample(size_t index) {
    const model::Sample& sample = profile_.samples[index];
    {
      pbf_writer message(writer_, pb::kSample);
      {
        protozero::packed_field_uint64 ids(message, pb::sample::kLocationId);
        for (uint32_t i = 0; i < sample.depth; ++i) {
          ids.add_element(uint64_t{profile_.LocationOf(sample, i)} + 1);
        }
      }
      const int64_t* values = profile_.ValuesOf(index);
      message.add_packed_int64(pb::sample::kValue, values, values + profile_.values.size());
      for (const Label& label : profile_.label_sets[sample.label_set]) WriteLabel(message, label);
    }
    MaybeFlush();
  }

  void WriteLabel(pbf_writer& sample, const Label& label) {
    if (label.key.empty()) return;  // readers reject them
    pbf_writer message(sample, pb::sample::kLabel);
    message.add_uint64(pb::label::kKey, strings_.IdOf(label.key));
    if (!label.text.empty()) {
      message.add_uint64(pb::label::kStr, strings_.IdOf(label.text));
      return;
    }
    message.add_int64(pb::label::kNum, label.number);
    AddNonZero(message, pb::label::kNumUnit, strings_.IdOf(label.number_unit));
  }

  void WriteMapping(size_t index) {
    const model::Mapping& mapping = profile_.mappings[index];
    const MappingSymbols& found = functions_.mapping(index);
    {
      pbf_writer message(writer_, pb::kMapping);
      message.add_uint64(pb::mapping::kId, index + 1);
      AddNonZero(message, pb::mapping::kMemoryStart, mapping.start);
      AddNonZero(message, pb::mapping::kMemoryLimit, mapping.limit);
      AddNonZero(message, pb::mapping::kFileOffset, mapping.offset);
      AddNonZero(message, pb::mapping::kFilename, strings_.IdOf(mapping.path));
      AddNonZero(message, pb::mapping::kBuildId, strings_.IdOf(mapping.build_id));
      if (found.functions) message.add_bool(pb::mapping::kHasFunctions, true);
      if (found.filenames) message.add_bool(pb::mapping::kHasFilenames, true);
      if (found.line_numbers) message.add_bool(pb::mapping::kHasLineNumbers, true);
      if (found.line_numbers) message.add_bool(pb::mapping::kHasInlineFrames, true);
    }
    MaybeFlush();
  }

  static void WriteLine(pbf_writer& location, uint64_t function, uint64_t line) {
    pbf_writer message(location, pb::location::kLine);
    message.add_uint64(pb::line::kFunctionId, function);
    AddNonZero(message, pb::line::kLine, line);
  }

  void WriteLocation(size_t index) {
    const model::Location& location = profile_.locations[index];
    const uint32_t first = symbols_.first_line[index];
    const uint32_t last = symbols_.first_line[index + 1];
    {
      pbf_writer message(writer_, pb::kLocation);
      message.add_uint64(pb::location::kId, index + 1);
      if (location.mapping != model::kNoMapping) {
        message.add_uint64(pb::location::kMappingId, uint64_t{location.mapping} + 1);
      }
      AddNonZero(message, pb::location::kAddress, location.address);
      for (uint32_t i = first; i < last; ++i) {
        WriteLine(message, uint64_t{symbols_.lines[i].function} + 1, symbols_.lines[i].line);
      }
      const uint64_t stand_in = first == last ? functions_.StandInFor(location) : 0;
      if (stand_in != 0) WriteLine(message, stand_in, 0);
    }
    MaybeFlush();
  }

  // A local function may have no linkage name; its name is then made of its scopes, e.g.
  // "f()::{lambda}::operator()". If the system name equals the name, pprof takes it for mangled,
  // demangles it and cuts it at the parentheses; without a system name it shows the name unchanged.
  uint64_t SystemNameOf(const model::Function& function, uint64_t name) {
    if (function.system_name != function.name) return strings_.IdOfUnique(function.system_name);
    return function.name.find_first_of("(<") == std::string::npos ? name : 0;
  }

  void WriteFunction(uint64_t id, const model::Function& function) {
    const uint64_t name = strings_.IdOf(function.name);
    {
      pbf_writer message(writer_, pb::kFunction);
      message.add_uint64(pb::function::kId, id);
      message.add_uint64(pb::function::kName, name);
      AddNonZero(message, pb::function::kSystemName, SystemNameOf(function, name));
      AddNonZero(message, pb::function::kFilename, strings_.IdOf(function.filename));
      AddNonZero(message, pb::function::kStartLine, function.start_line);
    }
    MaybeFlush();
  }

  // Without a system name pprof keeps the name; otherwise it would cut off "(...)" and "<...>".
  void WriteStandIn(uint64_t id, const std::string& name) {
    pbf_writer message(writer_, pb::kFunction);
    message.add_uint64(pb::function::kId, id);
    AddNonZero(message, pb::function::kName, strings_.IdOf(name));
  }

  void WriteFunctions() {
    uint64_t id = 0;
    for (const auto& function : symbols_.functions) WriteFunction(++id, *function);
    for (const std::string& name : functions_.stand_ins()) WriteStandIn(++id, name);
  }

  void WriteHead() {
    if (profile_.time_nanos != 0) writer_.add_int64(pb::kTimeNanos, profile_.time_nanos);
    if (profile_.duration_nanos != 0) {
      writer_.add_int64(pb::kDurationNanos, profile_.duration_nanos);
    }
    if (!profile_.period_type.type.empty()) {
      WriteValueType(pb::kPeriodType, profile_.period_type);
      writer_.add_int64(pb::kPeriod, profile_.period);
    }
    WriteComments();
    AddNonZero(writer_, pb::kDefaultSampleType, strings_.IdOf(profile_.shown_first));
  }

  void WriteComments() {
    for (const std::string& comment : profile_.comments) {
      writer_.add_uint64(pb::kComment, strings_.IdOf(comment));
    }
    for (const std::string& comment : symbols_.comments) {
      writer_.add_uint64(pb::kComment, strings_.IdOf(comment));
    }
    if (!symbols_.incomplete.empty()) {
      writer_.add_uint64(pb::kComment, strings_.IdOfCopy(kIncomplete));
    }
    if (profile_.lost_samples != 0) {
      writer_.add_uint64(
          pb::kComment, strings_.IdOfCopy(std::to_string(profile_.lost_samples) + " samples lost"));
    }
    writer_.add_uint64(pb::kComment, strings_.IdOfCopy("pprof-cpp " PPROF_CPP_VERSION_TEXT));
  }

  void WriteString(const std::string& text) {
    writer_.add_string(pb::kStringTable, IsUtf8(text) ? text : ToUtf8(text));
    MaybeFlush();
  }

  const model::Profile& profile_;
  const model::Symbols& symbols_;
  const FunctionTable functions_;
  StringTable strings_;
  GzipSink sink_;
  std::string buffer_;
  pbf_writer writer_;
};

}  // namespace

Status WriteProto(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out) {
  return std::make_unique<ProtoEncoder>(profile, symbols, out)->Run();
}

}  // namespace pprof::encode

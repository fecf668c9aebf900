#include "profiler/watch/capture/address_profile.h"

#include <algorithm>
#include <cstring>

#include "profiler/labels/label_table.h"
#include "profiler/model/profile_proto.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/time/clock.h"
#include "profiler/watch/capture/proto_message.h"

namespace pprof::watch {
namespace {

using model::profile_proto::Profile;
namespace function = model::profile_proto::function;
namespace label = model::profile_proto::label;
namespace line = model::profile_proto::line;
namespace location = model::profile_proto::location;
namespace mapping = model::profile_proto::mapping;
namespace sample = model::profile_proto::sample;
namespace value_type = model::profile_proto::value_type;

// The first strings, by index.
constexpr std::string_view kStrings[] = {"",          "alloc_objects", "count",       "alloc_space",
                                         "bytes",     "inuse_objects", "inuse_space", "space",
                                         "[no stack]"};
enum : uint64_t {
  kAllocObjects = 1,
  kCount,
  kAllocSpace,
  kBytes,
  kInUseObjects,
  kInUseSpace,
  kSpace,
  kNoStack,
};

constexpr size_t kMostLabels = 16;
constexpr uint32_t kMostLines = 32;  // of one address, each with up to 14 bytes

size_t SlotOf(uint64_t address) {
  constexpr uint64_t kMix = 0x9e3779b97f4a7c15;
  return address * kMix >> 48;
}
static_assert(CaptureMemory::kLocations == size_t{1} << 16);

ProtoMessage<32> ValueType(uint64_t type, uint64_t unit) {
  ProtoMessage<32> message;
  message.Number(value_type::kType, type);
  message.Number(value_type::kUnit, unit);
  return message;
}

}  // namespace

void AddressProfile::Write(HeapKind kind) {
  std::memset(memory_.locations, 0, sizeof memory_.locations);
  std::memset(memory_.label_strings, 0, sizeof memory_.label_strings);
  for (const std::string_view text : kStrings) AddString(text);
  for (const uint64_t type : {kAllocObjects, kAllocSpace, kInUseObjects, kInUseSpace}) {
    const bool objects = type == kAllocObjects || type == kInUseObjects;
    AddMessage(Profile::kSampleType, ValueType(type, objects ? kCount : kBytes).bytes(), true);
  }
  if (memory_.names.unloaded() == sys::UnloadedCount()) names_ = &memory_.names;
  AddModules();
  AddFunctions();
  AddNoStack();
  const auto add = [](const profiles::HeapUse& use, void* self) {
    static_cast<AddressProfile*>(self)->AddSample(use);
  };
  profiles::VisitHeap(kind == HeapKind::kPeak, add, this);
  AddHead(kind);
}

void AddressProfile::AddMessage(uint32_t tag, std::string_view bytes, bool fits) {
  if (!fits) return;
  ProtoMessage<32> head;
  head.Varint(uint64_t{tag} << 3 | 2);
  head.Varint(bytes.size());
  out_.Write(head.bytes());
  out_.Write(bytes);
}

uint64_t AddressProfile::AddString(std::string_view text) {
  AddMessage(Profile::kStringTable, text, true);
  return strings_++;
}

void AddressProfile::AddModules() {
  modules_ = sys::ListLoadedCode(memory_.modules, CaptureMemory::kModules);
  for (size_t i = 0; i < modules_; ++i) {
    const sys::LoadedCode& code = memory_.modules[i];
    memory_.by_address[i] = static_cast<uint16_t>(i);
    const uint64_t file = AddString(code.path[0] == '\0' ? memory_.program : code.path);
    const uint64_t build_id = AddString(code.build_id);
    ProtoMessage<128> message;
    message.Number(mapping::kId, i + 1);
    message.Number(mapping::kMemoryStart, code.start);
    message.Number(mapping::kMemoryLimit, code.limit);
    message.Number(mapping::kFileOffset, code.offset);
    message.Number(mapping::kFilename, file);
    message.Number(mapping::kBuildId, build_id);
    const bool named = names_ != nullptr && names_->HasNamesIn(code.start, code.limit);
    for (uint32_t has = mapping::kHasFunctions; named && has <= mapping::kHasInlineFrames; ++has) {
      message.Number(has, 1);
    }
    AddMessage(Profile::kMapping, message.bytes(), message.ok());
  }
  std::sort(memory_.by_address, memory_.by_address + modules_, [this](uint16_t a, uint16_t b) {
    return memory_.modules[a].start < memory_.modules[b].start;
  });
}

// Function 1 is that of no stack, and 2 the first of the table. Without a system name pprof shows
// the name as it is.
void AddressProfile::AddFunctions() {
  const size_t count = names_ == nullptr ? 0 : names_->function_count();
  for (size_t i = 0; i <= count; ++i) {
    const uint64_t name = i == 0 ? kNoStack : AddString(names_->name_of(i - 1));
    const uint64_t file = i == 0 ? 0 : AddString(names_->file_of(i - 1));
    ProtoMessage<64> message;
    message.Number(function::kId, i + 1);
    message.Number(function::kName, name);
    message.Number(function::kFilename, file);
    AddMessage(Profile::kFunction, message.bytes(), message.ok());
  }
}

void AddressProfile::AddNoStack() {
  ProtoMessage<32> message;
  message.Number(location::kId, ++locations_);
  message.Number(location::kAddress, 1);
  ProtoMessage<8> no_stack;
  no_stack.Number(line::kFunctionId, 1);
  message.Text(location::kLine, no_stack.bytes());
  AddMessage(Profile::kLocation, message.bytes(), true);
}

// The mapping's id; 0: none.
uint64_t AddressProfile::ModuleOf(uint64_t address) const {
  const uint16_t* end = memory_.by_address + modules_;
  const uint16_t* after = std::upper_bound(
      static_cast<const uint16_t*>(memory_.by_address), end, address,
      [this](uint64_t wanted, uint16_t i) { return wanted < memory_.modules[i].start; });
  if (after == memory_.by_address) return 0;
  const uint16_t index = *(after - 1);
  return address < memory_.modules[index].limit ? uint64_t{index} + 1 : 0;
}

uint64_t AddressProfile::LocationOf(uint64_t address, bool unloaded) {
  constexpr size_t kTries = 8;
  size_t slot = SlotOf(address);
  for (size_t i = 0; i < kTries && !unloaded; ++i) {
    const KnownLocation& known = memory_.locations[slot];
    if (known.id == 0) break;
    if (known.address == address) return known.id;
    if (i + 1 < kTries) slot = (slot + 1) % CaptureMemory::kLocations;
  }
  ProtoMessage<1024> message;
  message.Number(location::kId, ++locations_);
  if (const uint64_t module = unloaded ? 0 : ModuleOf(address)) {
    message.Number(location::kMappingId, module);
  }
  message.Number(location::kAddress, address);
  const NameTable::Place* place = names_ == nullptr || unloaded ? nullptr : names_->Find(address);
  const uint32_t lines = place == nullptr ? 0 : std::min(place->line_count, kMostLines);
  for (uint32_t i = 0; i < lines; ++i) {
    const NameTable::Line& of_place = names_->line(place->first_line + i);
    ProtoMessage<24> text;
    text.Number(line::kFunctionId, uint64_t{of_place.function} + 2);
    text.Number(line::kLine, of_place.line);
    message.Text(location::kLine, text.bytes());
  }
  AddMessage(Profile::kLocation, message.bytes(), message.ok());
  if (!unloaded) memory_.locations[slot] = {address, locations_};
  return locations_;
}

// Index of the first of three strings for each label.
uint32_t AddressProfile::LabelStringsOf(uint32_t label_set) {
  uint32_t& first = memory_.label_strings[label_set % labels::kMaxLabelSets];
  if (first != 0) return first - 1;
  first = static_cast<uint32_t>(strings_ + 1);
  size_t count = 0;
  for (const Label& of_set : labels::LabelsOf(label_set)) {
    if (count++ == kMostLabels) break;
    AddString(of_set.key);
    AddString(of_set.text);
    AddString(of_set.number_unit);
  }
  return first - 1;
}

void AddressProfile::AddSample(const profiles::HeapUse& use) {
  const signal_safe::HeapStack& stack = *use.stack;
  ProtoMessage<signal_safe::kMaxStackDepth * 10> ids;
  const bool unloaded = stack.unloaded_as.load(std::memory_order_acquire) != 0;
  for (uint32_t i = 0; i < stack.depth; ++i) {
    // A return address is behind its call.
    ids.Varint(stack.pcs()[i] == 0 ? 1 : LocationOf(stack.pcs()[i] - 1, unloaded));
  }
  if (stack.depth == 0) ids.Varint(1);
  ProtoMessage<40> values;
  for (const int64_t value :
       {use.allocated_objects, use.allocated_bytes, use.in_use_objects, use.in_use_bytes}) {
    values.Varint(static_cast<uint64_t>(value));
  }
  ProtoMessage<4096> message;
  message.Text(sample::kLocationId, ids.bytes());
  message.Text(sample::kValue, values.bytes());
  uint64_t string = stack.label_set == 0 ? 0 : LabelStringsOf(stack.label_set);
  size_t count = 0;
  for (const Label& of_set : labels::LabelsOf(stack.label_set)) {
    if (count++ == kMostLabels) break;
    ProtoMessage<64> text;
    text.Number(label::kKey, string);
    if (of_set.text.empty()) {
      text.Number(label::kNum, static_cast<uint64_t>(of_set.number));
      text.Number(label::kNumUnit, string + 2);
    } else {
      text.Number(label::kStr, string + 1);
    }
    message.Text(sample::kLabel, text.bytes());
    string += 3;
  }
  AddMessage(Profile::kSample, message.bytes(), message.ok());
}

void AddressProfile::AddHead(HeapKind kind) {
  ProtoMessage<64> head;
  head.Number(Profile::kTimeNanos, static_cast<uint64_t>(sys::WallNanos()));
  head.Text(Profile::kPeriodType, ValueType(kSpace, kBytes).bytes());
  head.Number(Profile::kPeriod, signal_safe::HeapInterval());
  head.Number(Profile::kDefaultSampleType, kind == HeapKind::kAllocs ? kAllocSpace : kInUseSpace);
  out_.Write(head.bytes());
}

}  // namespace pprof::watch

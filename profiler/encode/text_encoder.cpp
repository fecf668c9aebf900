#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <ostream>
#include <tuple>

#include "profiler/encode/encoders.h"
#include "profiler/encode/tab_columns.h"
#include "profiler/encode/text_quote.h"
#include "profiler/model/sample_key.h"

namespace pprof::encode {
namespace {

constexpr size_t kFlushBytes = size_t{64} * 1024;

// Indexes of the text form's numbers among a profile's values.
struct HeapColumns {
  size_t alloc_objects = 0;
  size_t alloc_space = 1;
  size_t inuse_objects = 2;
  size_t inuse_space = 3;
};

// Profiles without Go's four columns write one pair twice: readers then take it as the only one.
HeapColumns HeapColumnsOf(const model::Profile& profile) {
  if (profile.values.size() >= 4) return {};
  const size_t space = std::min<size_t>(profile.values.size() - 1, 1);
  return {0, space, 0, space};
}

class TextEncoder {
 public:
  TextEncoder(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out)
      : profile_(profile), symbols_(symbols), out_(out) {}

  Status Run() {
    switch (profile_.text_form) {
      case TextForm::kHeap:
        WriteHeap();
        break;
      case TextForm::kContention:
        WriteContention();
        break;
      case TextForm::kCount:
        WriteCount();
        break;
    }
    WriteNotes();
    WriteMemoryMap();
    Flush();
    if (out_.flush()) return {};
    return {StatusCode::kInternal, "writing the profile failed"};
  }

 private:
  template <class... Args>
  void Print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  void Flush() {
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }

  int64_t Value(size_t sample, size_t column) const { return profile_.ValuesOf(sample)[column]; }

  int64_t Total(size_t column) const {
    int64_t sum = 0;
    for (size_t i = 0; i < profile_.samples.size(); ++i) {
      sum = model::WrappingAdd(sum, Value(i, column));
    }
    return sum;
  }

  // Largest first; ties by address, so that equal data gives equal text.
  std::vector<uint32_t> SortedBy(size_t column) const {
    std::vector<uint32_t> order(profile_.samples.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      if (Value(a, column) != Value(b, column)) return Value(a, column) > Value(b, column);
      return AddressesOf(a) < AddressesOf(b);
    });
    return order;
  }

  std::vector<uint64_t> AddressesOf(size_t sample) const {
    const model::Sample& s = profile_.samples[sample];
    std::vector<uint64_t> addresses;
    for (uint32_t i = 0; i < s.depth; ++i) {
      addresses.push_back(profile_.locations[profile_.LocationOf(s, i)].address);
    }
    return addresses;
  }

  // "heapprofile" makes readers not scale the values, which are scaled already. With "heap_v2/N"
  // they would scale each stack by its average size, which is wrong for stacks of mixed sizes.
  void WriteHeap() {
    const HeapColumns at = HeapColumnsOf(profile_);
    const int64_t inuse = Total(at.inuse_space);
    int64_t alloc = Total(at.alloc_space);
    // Readers drop the second pair if it equals the first; Go adds one byte, too.
    if (alloc == inuse && at.alloc_space != at.inuse_space) ++alloc;
    Print("heap profile: {}: {} [{}: {}] @ heapprofile\n", Total(at.inuse_objects), inuse,
          Total(at.alloc_objects), alloc);
    for (const uint32_t i : SortedBy(at.inuse_space)) {
      Print("{}: {} [{}: {}] @", Value(i, at.inuse_objects), Value(i, at.inuse_space),
            Value(i, at.alloc_objects), Value(i, at.alloc_space));
      WriteStack(i);
    }
  }

  // Delays are in nanoseconds, so one cycle is 1 ns.
  void WriteContention() {
    const bool is_mutex = profile_.name == "mutex";
    Print("--- {}:\ncycles/second=1000000000\n", is_mutex ? "mutex" : "contention");
    if (is_mutex) Print("sampling period=1\n");
    const size_t delay = profile_.values.size() - 1;
    for (const uint32_t i : SortedBy(delay)) {
      Print("{} {} @", Value(i, delay), Value(i, 0));
      WriteStack(i);
    }
  }

  void WriteCount() {
    Print("{} profile: total {}\n", profile_.name, Total(0));
    for (const uint32_t i : SortedBy(0)) {
      Print("{} @", Value(i, 0));
      WriteStack(i);
    }
  }

  // The rest of a sample's line, its labels and its frames. Readers subtract 1 from every address.
  void WriteStack(size_t sample) {
    for (const uint64_t address : AddressesOf(sample)) Print(" {:#x}", address + 1);
    if (profile_.samples[sample].depth == 0) Print(" 0x1");  // "N @" alone is rejected
    Print("\n");
    WriteLabels(profile_.label_sets[profile_.samples[sample].label_set]);
    text_ += AlignRows(FrameRows(profile_.samples[sample]));
    Print("\n");
    if (text_.size() > kFlushBytes) Flush();
  }

  void WriteLabels(const std::vector<Label>& labels) {
    if (labels.empty()) return;
    Print("# labels: {{");
    const char* comma = "";
    for (const Label& label : labels) {
      const std::string number = fmt::format(
          "{}{}{}", label.number, label.number_unit.empty() ? "" : " ", label.number_unit);
      Print("{}{}:{}", comma, Quoted(label.key), Quoted(label.text.empty() ? number : label.text));
      comma = ", ";
    }
    Print("}}\n");
  }

  std::vector<Row> FrameRows(const model::Sample& sample) const {
    std::vector<Row> rows;
    for (uint32_t i = 0; i < sample.depth; ++i) {
      AddFrameRows(profile_.LocationOf(sample, i), rows);
    }
    return rows;
  }

  void AddFrameRows(uint32_t index, std::vector<Row>& rows) const {
    const model::Location& location = profile_.locations[index];
    const std::string pc = fmt::format("{:#x}", location.address);
    const uint32_t first = symbols_.first_line[index];
    const uint32_t last = symbols_.first_line[index + 1];
    for (uint32_t i = first; i < last; ++i) rows.push_back(FrameRow(pc, symbols_.lines[i]));
    if (first != last) return;
    rows.push_back({"#", pc});
    if (location.name != 0) rows.back().push_back(OneLine(profile_.frame_names[location.name - 1]));
  }

  Row FrameRow(const std::string& pc, const model::Line& line) const {
    const model::Function& function = *symbols_.functions[line.function];
    Row row{"#", pc, OneLine(function.name)};
    if (!function.filename.empty()) {
      row.push_back(fmt::format("{}:{}", OneLine(function.filename), line.line));
    }
    return row;
  }

  void WriteNotes() {
    if (!profile_.text_trailer.empty()) Print("\n{}", profile_.text_trailer);
    if (!text_.empty() && text_.back() != '\n') Print("\n");
    for (const std::string& comment : profile_.comments) Print("# {}\n", OneLine(comment));
    for (const std::string& comment : symbols_.comments) Print("# {}\n", OneLine(comment));
    if (profile_.lost_samples > 0) Print("# {} samples lost\n", profile_.lost_samples);
  }

  // In the format of /proc/self/maps. Omits unloaded mappings: they may overlap others, and readers
  // would choose the wrong one.
  void WriteMemoryMap() {
    Print("\n--- Memory map: ---\n");
    for (const model::Mapping& mapping : profile_.mappings) {
      if (mapping.unloaded) continue;
      Print("{:x}-{:x} r-xp {:08x} 00:00 0 {}\n", mapping.start, mapping.limit, mapping.offset,
            OneLine(mapping.path));
    }
  }

  const model::Profile& profile_;
  const model::Symbols& symbols_;
  std::ostream& out_;
  std::string text_;
};

}  // namespace

Status WriteText(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out) {
  return TextEncoder(profile, symbols, out).Run();
}

}  // namespace pprof::encode

#include <fmt/format.h>

#include <ostream>

#include "profiler/encode/encoders.h"

namespace pprof::encode {
namespace {

// Skipped as a thread's creator: the library code that wraps pthread_create in std::thread.
bool IsLibraryWrapper(std::string_view name) {
  return name.rfind("std::", 0) == 0 || name.rfind("__gnu_cxx::", 0) == 0;
}

bool EndsIn(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// panicparse 2 accepts only C, Go and assembly files.
std::string_view GoSuffix(std::string_view file) {
  for (const std::string_view known : {".c", ".go", ".s"}) {
    if (EndsIn(file, known)) return {};
  }
  return ".c";
}

// Go escapes import paths, and its readers unescape them.
std::string GoFunction(const std::string& name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '%' || c == '/' || c == '+') {
      escaped += fmt::format("%{:02x}", c);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

class DumpEncoder {
 public:
  DumpEncoder(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out)
      : profile_(profile), symbols_(symbols), out_(out) {}

  Status Run() {
    text_ = profile_.dump_preface;
    for (size_t i = 0; i < profile_.samples.size(); ++i) {
      if (i > 0) text_ += '\n';
      WriteThread(profile_.samples[i], profile_.thread_notes[i]);
      Flush();
    }
    Flush();
    if (out_.flush()) return {};
    return {StatusCode::kInternal, "writing the dump failed"};
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

  void WriteThread(const model::Sample& sample, const model::ThreadNote& note) {
    Print("{}:\n", note.header);
    if (for_go_ && (!note.no_stack_because.empty() || sample.depth == 0)) {
      Print("\tgoroutine running on other thread; stack unavailable\n");
      return;
    }
    if (!note.no_stack_because.empty()) {
      Print("\tstack unavailable: {}\n", note.no_stack_because);
    } else {
      for (uint32_t i = 0; i < sample.depth; ++i) {
        WriteFrames(profile_.LocationOf(sample, i));
      }
    }
    WriteCreator(note);
  }

  void WriteFrames(uint32_t location) {
    const uint32_t begin = symbols_.first_line[location];
    const uint32_t end = symbols_.first_line[location + 1];
    if (begin == end) return WriteUnnamed(profile_.locations[location]);
    for (uint32_t i = begin; i < end; ++i) {
      const model::Line& line = symbols_.lines[i];
      const model::Function& function = *symbols_.functions[line.function];
      Print("{}(...)\n", Shown(function.name));
      WritePlace(function, line, location);
    }
  }

  // Readers expect a file and line for every function; without one the module's name is written.
  void WritePlace(const model::Function& function, const model::Line& line, uint32_t location) {
    const model::Location& place = profile_.locations[location];
    if (!function.filename.empty()) {
      PrintPlace(function.filename, line.line, place);
    } else {
      PrintPlace(ModuleOf(place), 0, place);
    }
  }

  void PrintPlace(std::string_view file, int64_t line, const model::Location& place) {
    Print("\t{}{}:{} +0x{:x}\n", file, for_go_ ? GoSuffix(file) : std::string_view(), line,
          OffsetInModule(place));
  }

  std::string Shown(const std::string& function) const {
    return for_go_ ? GoFunction(function) : function;
  }

  void WriteUnnamed(const model::Location& place) {
    if (place.name != 0) {
      Print("{}(...)\n\t??:0 +0x0\n", Shown(profile_.frame_names[place.name - 1]));
      return;
    }
    Print("0x{:x}(...)\n", place.address);
    PrintPlace(ModuleOf(place), 0, place);
  }

  void WriteCreator(const model::ThreadNote& note) {
    if (note.created_at.empty()) return;
    for (const bool skip_wrappers : {true, false}) {
      for (const uint32_t location : note.created_at) {
        if (WriteCreatorAt(location, note.creator, skip_wrappers)) return;
      }
    }
  }

  bool WriteCreatorAt(uint32_t location, int64_t creator, bool skip_wrappers) {
    for (uint32_t i = symbols_.first_line[location]; i < symbols_.first_line[location + 1]; ++i) {
      const model::Line& line = symbols_.lines[i];
      const model::Function& function = *symbols_.functions[line.function];
      if (skip_wrappers && IsLibraryWrapper(function.name)) continue;
      Print("created by {} in goroutine {}\n", Shown(function.name), creator);
      WritePlace(function, line, location);
      return true;
    }
    return false;
  }

  std::string_view ModuleOf(const model::Location& place) const {
    return place.mapping == model::kNoMapping ? std::string_view("?")
                                              : profile_.mappings[place.mapping].path;
  }

  uint64_t OffsetInModule(const model::Location& place) const {
    if (place.mapping == model::kNoMapping) return place.address;
    const model::Mapping& mapping = profile_.mappings[place.mapping];
    return place.address - mapping.start + mapping.offset;
  }

  const model::Profile& profile_;
  const bool for_go_ = profile_.dump_for_go_tools;
  const model::Symbols& symbols_;
  std::ostream& out_;
  std::string text_;
};

}  // namespace

Status WriteDump(const model::Profile& profile, const model::Symbols& symbols, std::ostream& out) {
  if (profile.thread_notes.size() != profile.samples.size()) {
    return {StatusCode::kUnsupported, "profile \"" + profile.name + "\" has no full dump"};
  }
  return DumpEncoder(profile, symbols, out).Run();
}

}  // namespace pprof::encode

#include "profiler/profiles/holders/names/holder_names.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pprof/symbolize.h"
#include "profiler/symbolize/names/demangle.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);

std::string NameOf(const ThreadRoots& thread) {
  return fmt::format("thread {} ({})", thread.tid, thread.name);
}

class Naming {
 public:
  Naming(const ProgramRoots& program, const ModuleSymbols& symbols,
         const std::vector<uint64_t>& words)
      : program_(program),
        symbols_(symbols),
        words_(words),
        holders_(words.size()),
        by_address_(program.roots) {
    std::sort(by_address_.begin(), by_address_.end(),
              [](const Root& a, const Root& b) { return a.begin < b.begin; });
  }

  std::vector<Holder> Run() {
    for (size_t i = 0; i < words_.size(); ++i) {
      holders_[i].begin = words_[i];
      holders_[i].end = words_[i] + kWord;
      if (const Root* root = RootOf(words_[i])) Sort(i, *root);
    }
    for (const auto& [image, indexes] : globals_) NameGlobals(image, indexes);
    for (const auto& [image, indexes] : thread_locals_) NameThreadLocals(image, indexes);
    NameFrames();
    return std::move(holders_);
  }

 private:
  using Indexes = std::vector<size_t>;  // of words
  struct Local {
    size_t word;
    const ThreadRoots* thread;
    uint64_t base;  // of the image's thread-locals in this thread
  };
  struct Frame {
    size_t word;
    uint64_t pc;
  };

  const Root* RootOf(uint64_t word) const {
    auto after = std::upper_bound(by_address_.begin(), by_address_.end(), word,
                                  [](uint64_t a, const Root& root) { return a < root.begin; });
    // Roots may overlap, as a coroutine's stack in a mapping does.
    for (int tries = 0; tries < 4 && after != by_address_.begin(); ++tries) {
      --after;
      if (word < after->end) return &*after;
    }
    return nullptr;
  }

  void Sort(size_t i, const Root& root) {
    switch (root.kind) {
      case RootKind::kGlobal:
      case RootKind::kSystem:
        globals_[static_cast<size_t>(root.owner)].push_back(i);
        return;
      case RootKind::kMapping:
        return NameMapping(program_.mappings[static_cast<size_t>(root.owner)], root, &holders_[i]);
      default:
        break;
    }
    const ThreadRoots* thread = program_.ThreadOf(root.owner);
    if (thread == nullptr) return;
    if (root.kind == RootKind::kRegister) {
      Fill(&holders_[i], "a register of " + NameOf(*thread), "register", "[register]", root.begin,
           root.end);
    } else if (root.kind == RootKind::kThreadLocal) {
      SortThreadLocal(i, *thread, root);
    } else {
      SortFrame(i, *thread, root);
    }
  }

  static void Fill(Holder* holder, std::string name, const char* kind, std::string place,
                   uint64_t begin, uint64_t end) {
    holder->name = std::move(name);
    holder->kind = kind;
    holder->place = std::move(place);
    holder->begin = begin;
    holder->end = end;
  }

  static void NameMapping(const Mapping& mapping, const Root& root, Holder* holder) {
    constexpr uint64_t kKibibyte = 1024;
    const std::string name = mapping.of_file
                                 ? mapping.path.substr(mapping.path.rfind('/') + 1)
                                 : fmt::format("memory mapped at {:#x}, {} KiB", mapping.begin,
                                               (mapping.end - mapping.begin) / kKibibyte);
    Fill(holder, name, "mapping", "[mapped memory]", root.begin, root.end);
  }

  void SortThreadLocal(size_t i, const ThreadRoots& thread, const Root& root) {
    Fill(&holders_[i], "control block of " + NameOf(thread), "thread_local", "[thread_local]",
         root.begin, root.end);
    if (words_[i] >= thread.control_block) {
      holders_[i].begin = thread.control_block;
      return;
    }
    for (size_t image = 0; image < program_.images.size(); ++image) {
      const uint64_t below = program_.thread_locals_below[image];
      const uint64_t base = thread.control_block - below;
      if (below == 0 || words_[i] - base >= BytesOfLocals(program_.images[image])) continue;
      thread_locals_[image].push_back({i, &thread, base});
      return;
    }
  }

  static uint64_t BytesOfLocals(const sys::LoadedImage& image) {
    for (const sys::LoadedSegment& segment : image.segments) {
      if (segment.type == PT_TLS) return segment.memory_size;
    }
    return 0;
  }

  // The frame whose memory the word is in; its own function, or for the red zone the leaf.
  void SortFrame(size_t i, const ThreadRoots& thread, const Root& root) {
    Fill(&holders_[i], "the stack of " + NameOf(thread), "stack", "[stack]", root.begin, root.end);
    const std::vector<uintptr_t>& sps = thread.sps;
    if (sps.empty() || words_[i] + 128 < sps.front()) return;
    size_t frame = 0;
    while (frame + 1 < sps.size() && sps[frame + 1] <= words_[i]) ++frame;
    if (frame >= thread.pcs.size()) return;
    frames_.push_back({i, frame == 0 ? thread.pcs[frame] : thread.pcs[frame] - 1});
  }

  void NameGlobals(size_t image, const Indexes& indexes) {
    std::vector<uint64_t> addresses;
    for (const size_t i : indexes) addresses.push_back(words_[i]);
    const auto found = symbols_.Find(image, symbolize::DataKind::kStatic, addresses);
    const std::string file = symbols_.FileOf(image);
    for (size_t k = 0; k < indexes.size(); ++k) {
      const symbolize::DataSymbol& symbol = found[k];
      Holder& holder = holders_[indexes[k]];
      const char* blank = symbol.section.empty() ? "" : " ";
      holder.kind = "global";
      holder.place = fmt::format("[global ({}{}{})]", file, blank, symbol.section);
      if (symbol.linkage_name.empty()) {
        holder.name =
            fmt::format("{}+{:#x}", file, words_[indexes[k]] - program_.images[image].base);
      } else {
        holder.name = symbolize::ShortName(symbol.linkage_name);
        holder.begin = symbol.start;
        holder.end = symbol.start + symbol.size;
      }
    }
  }

  void NameThreadLocals(size_t image, const std::vector<Local>& locals) {
    std::vector<uint64_t> addresses;
    addresses.reserve(locals.size());
    for (const Local& local : locals) addresses.push_back(words_[local.word] - local.base);
    const auto found = symbols_.Find(image, symbolize::DataKind::kThreadLocal, addresses);
    const std::string file = symbols_.FileOf(image);
    for (size_t k = 0; k < locals.size(); ++k) {
      const symbolize::DataSymbol& symbol = found[k];
      Holder& holder = holders_[locals[k].word];
      holder.place = "[thread_local (" + file + ")]";
      const std::string owner = " of " + NameOf(*locals[k].thread);
      holder.name = symbol.linkage_name.empty()
                        ? fmt::format("{} thread_local +{:#x}", file, addresses[k]) + owner
                        : symbolize::ShortName(symbol.linkage_name) + owner;
      holder.begin =
          symbol.linkage_name.empty() ? words_[locals[k].word] : locals[k].base + symbol.start;
      holder.end = holder.begin + (symbol.linkage_name.empty() ? kWord : symbol.size);
    }
  }

  void NameFrames() {
    std::vector<uint64_t> pcs;
    for (const Frame& frame : frames_) pcs.push_back(frame.pc);
    const std::vector<Frames> functions = Symbolize(pcs);
    for (size_t i = 0; i < frames_.size(); ++i) {
      if (functions[i].empty()) continue;
      Holder& holder = holders_[frames_[i].word];
      holder.name = functions[i].back().function + " in " + holder.name;
    }
  }

  const ProgramRoots& program_;
  const ModuleSymbols& symbols_;
  const std::vector<uint64_t>& words_;
  std::vector<Holder> holders_;
  std::vector<Root> by_address_;
  std::map<size_t, Indexes> globals_;                   // by image
  std::map<size_t, std::vector<Local>> thread_locals_;  // by image
  std::vector<Frame> frames_;
};

}  // namespace

std::vector<Holder> NameHolders(const ProgramRoots& program, const ModuleSymbols& symbols,
                                const std::vector<uint64_t>& words) {
  return Naming(program, symbols, words).Run();
}

}  // namespace pprof::profiles::holders

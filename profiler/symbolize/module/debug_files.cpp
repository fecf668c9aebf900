#include "profiler/symbolize/module/debug_files.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "profiler/symbolize/elf/mini_debug_info.h"
#include "profiler/symbolize/module/memory_symbols.h"
#include "profiler/sys/memory/byte_cursor.h"
#include "profiler/sys/memory/lazy_file.h"

namespace pprof::symbolize {
namespace {

constexpr char kDeleted[] = " (deleted)";
constexpr char kSelf[] = "/proc/self/exe";

bool HasDwarf(const ElfFile& file) {
  return file.HasSection(".debug_info") || file.HasSection(".zdebug_info");
}

// Whether the file contains the code that runs. Compares places all over the mapping, because other
// builds are equal in the first functions, which come from the C library. Some may differ:
// breakpoints and patched calls exist in memory only.
bool HoldsSameCode(const ModuleRef& module, const ElfFile& file) {
  constexpr size_t kProbes = 32;
  constexpr size_t kEqual = 24;
  constexpr size_t kProbeBytes = 64;
  sys::Bytes code = file.bytes().From(module.offset);  // the file may end within the last page
  code.size = std::min<uint64_t>(code.size, module.size);
  const size_t step = code.size / kProbes;
  size_t equal = 0;
  for (size_t i = 0; i < kProbes; ++i) {
    const sys::Bytes probe = file.Load(code.Slice(step * i, std::min(step, kProbeBytes)));
    uint8_t loaded[kProbeBytes];
    const uint64_t address = module.bias + module.offset + step * i;
    if (probe.empty() || !CopyLoadedCode(address, loaded, probe.size)) continue;
    if (std::memcmp(probe.data, loaded, probe.size) == 0) ++equal;
  }
  return equal >= kEqual;
}

// If the module has no id, the code itself decides: a path may lead to any build.
bool IsBuildOf(const ModuleRef& module, const ElfFile& file) {
  const std::string& wanted = module.build_id;
  if (!wanted.empty()) return wanted == file.build_id();
  return module.mapped && (module.size == 0 || HoldsSameCode(module, file));
}

// Resolves symbolic links; returns `path` on errors.
std::string RealPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

std::string WithoutDeleted(const std::string& path) {
  const size_t length = sizeof(kDeleted) - 1;
  const bool deleted =
      path.size() > length && path.compare(path.size() - length, length, kDeleted) == 0;
  return deleted ? path.substr(0, path.size() - length) : path;
}

std::string BuildIdPath(const std::string& root, const std::string& build_id) {
  return root + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) + ".debug";
}

std::unique_ptr<ElfFile> OpenByBuildId(const std::string& root, const std::string& build_id) {
  if (build_id.size() < 4) return nullptr;
  std::unique_ptr<ElfFile> file = ElfFile::Open(BuildIdPath(root, build_id));
  return file != nullptr && file->build_id() == build_id ? std::move(file) : nullptr;
}

// .gnu_debuglink: a file name and, aligned to four bytes, that file's checksum.
struct DebugLink {
  std::string name;
  uint32_t checksum = 0;
};

bool ReadDebugLink(const ElfFile& binary, DebugLink* link) {
  sys::ByteCursor cursor(binary.Contents(".gnu_debuglink"));
  const std::string_view name = cursor.CString();
  cursor.Skip((4 - (name.size() + 1) % 4) % 4);
  link->checksum = cursor.U32();
  link->name = std::string(name);
  return cursor.ok() && !name.empty() && name.find('/') == std::string_view::npos;
}

// Reads through a second opening, which keeps no byte: the tables of an open ElfFile must stay.
bool HasChecksum(const std::string& path, uint32_t checksum) {
  sys::LazyFile file;
  if (!file.Open(path)) return false;
  uLong sum = crc32(0, nullptr, 0);
  constexpr size_t kStep = 1 << 20;
  for (size_t at = 0; at < file.bytes().size; at += kStep) {
    const sys::Bytes step = file.bytes().Slice(at, std::min(kStep, file.bytes().size - at));
    file.Load(step);
    sum = crc32(sum, step.data, static_cast<uInt>(step.size));
    file.Drop(step);
  }
  return sum == checksum;
}

std::unique_ptr<ElfFile> OpenByDebugLink(const ElfFile& binary, const std::string& root,
                                         const std::string& build_id) {
  DebugLink link;
  if (!ReadDebugLink(binary, &link)) return nullptr;
  const std::string path = RealPath(binary.path());
  const std::string directory = path.substr(0, path.rfind('/'));
  for (const std::string& candidate :
       {directory + "/" + link.name, directory + "/.debug/" + link.name,
        root + directory + "/" + link.name}) {
    if (candidate == path) continue;
    std::unique_ptr<ElfFile> file = ElfFile::Open(candidate);
    if (file == nullptr || !HasDwarf(*file)) continue;
    const bool has_ids = !build_id.empty() && !file->build_id().empty();
    // The checksum requires reading the whole file, so it is only used without ids to compare.
    if (has_ids ? build_id == file->build_id() : HasChecksum(candidate, link.checksum)) return file;
  }
  return nullptr;
}

// .gnu_debugaltlink: a file name, relative to the file that has it, and that file's build id.
std::unique_ptr<ElfFile> OpenAlternate(const ElfFile& file, const std::string& root) {
  sys::ByteCursor cursor(file.Contents(".gnu_debugaltlink"));
  const std::string name(cursor.CString());
  if (!cursor.ok() || name.empty()) return nullptr;
  const std::string build_id = ToHex(cursor.Take(cursor.left()));
  const std::string path = RealPath(file.path());
  const std::string beside = path.substr(0, path.rfind('/') + 1) + name;
  std::unique_ptr<ElfFile> alternate = ElfFile::Open(name.front() == '/' ? name : beside);
  if (alternate != nullptr && alternate->build_id() == build_id) return alternate;
  return OpenByBuildId(root, build_id);
}

}  // namespace

const ElfFile* ModuleFiles::dwarf() const {
  for (const ElfFile* file : {binary.get(), separate.get()}) {
    if (file != nullptr && HasDwarf(*file)) return file;
  }
  return nullptr;
}

std::vector<std::string> ModuleFiles::paths() const {
  std::vector<std::string> paths;
  for (const ElfFile* file : {binary.get(), separate.get()}) {
    if (file != nullptr) paths.push_back(RealPath(file->path()));
  }
  return paths;
}

std::unique_ptr<ElfFile> OpenBinary(const ModuleRef& module) {
  std::vector<std::string> candidates = {module.path, WithoutDeleted(module.path)};
  if (module.is_main_executable) candidates.emplace_back(kSelf);
  for (const std::string& path : candidates) {
    std::unique_ptr<ElfFile> file = ElfFile::Open(path);
    if (file != nullptr && IsBuildOf(module, *file)) return file;
  }
  return nullptr;
}

ModuleFiles OpenModuleFiles(const ModuleRef& module, const BatchLimits& limits,
                            TimeBudget& budget) {
  ModuleFiles files;
  files.binary = OpenBinary(module);
  files.build_id = module.build_id;
  if (files.build_id.empty() && files.binary != nullptr) files.build_id = files.binary->build_id();
  const bool full = limits.detail == Detail::kFull;
  if (files.dwarf() == nullptr) {
    files.separate = OpenByBuildId(limits.debug_root, files.build_id);
    if (files.separate == nullptr && files.binary != nullptr) {
      files.separate = OpenByDebugLink(*files.binary, limits.debug_root, files.build_id);
    }
    if (files.binary != nullptr && files.separate == nullptr) {
      files.mini = OpenMiniDebugInfo(*files.binary, budget);
    }
  }
  const ElfFile* dwarf = files.dwarf();
  if (full && dwarf != nullptr) files.alternate = OpenAlternate(*dwarf, limits.debug_root);
  return files;
}

}  // namespace pprof::symbolize

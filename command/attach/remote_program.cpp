#include "command/attach/remote_program.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "command/attach/dynamic_symbols.h"
#include "command/attach/tracee.h"
#include "command/failure.h"
#include "command/processes/process.h"

namespace pprof::command {
namespace {

std::string Folder(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

RemoteProgram::RemoteProgram(pid_t pid)
    : pid_(pid),
      executable_(ReadLink(Folder(pid) + "/exe")),
      modules_(CodeMappingsOf(ReadFile(Folder(pid) + "/maps"))) {
  if (modules_.empty()) {
    throw Failure("/proc/" + std::to_string(pid) +
                  "/maps cannot be read: the process is not yours, or ended");
  }
}

const CodeMapping* RemoteProgram::FindModule(const std::string& file_name) const {
  for (const CodeMapping& module : modules_) {
    if (FileName(module.path).compare(0, file_name.size(), file_name) == 0) return &module;
  }
  return nullptr;
}

bool RemoteProgram::IsInExecutable(uint64_t address) const {
  return std::any_of(modules_.begin(), modules_.end(), [&](const CodeMapping& module) {
    return module.path == executable_ && address >= module.begin && address < module.end;
  });
}

bool RemoteProgram::ExecutableHasMalloc() const {
  return FindDynamicSymbol(Folder(pid_) + "/exe", "malloc").has_value();
}

std::string RemoteProgram::ReadableAt(const CodeMapping& module) const {
  char range[64];
  std::snprintf(range, sizeof range, "/map_files/%lx-%lx", static_cast<unsigned long>(module.begin),
                static_cast<unsigned long>(module.end));
  // The link needs a capability that the path may not need, and leads to a file that was replaced.
  const std::string link = Folder(pid_) + range;
  return access(link.c_str(), R_OK) == 0 ? link : Folder(pid_) + "/root" + module.path;
}

uint64_t RemoteProgram::AddressOf(const CodeMapping& module, const std::string& function) const {
  const auto place = FindDynamicSymbol(ReadableAt(module), function);
  if (!place) throw Failure(module.path + " exports no function " + function);
  return module.module_begin + *place;
}

uint64_t RemoteProgram::FindCode(const CodeMapping& module, const std::string& bytes) const {
  std::string code(module.end - module.begin, '\0');
  code.resize(ReadMemory(pid_, module.begin, code.data(), code.size()));
  const size_t at = code.find(bytes);
  return at == std::string::npos ? 0 : module.begin + at;
}

}  // namespace pprof::command

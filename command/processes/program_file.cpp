#include "command/processes/program_file.h"

#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "command/failure.h"
#include "command/processes/elf_table.h"

namespace pprof::command {
namespace {

[[noreturn]] void Refuse(const std::string& path, const std::string& why) {
  throw Failure(path + " " + why, kCannotStart);
}

bool IsProgram(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::string SearchPath() {
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  return path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
}

bool HasInterpreter(std::ifstream& file, const Elf64_Ehdr& header) {
  const auto segments =
      ReadTable<Elf64_Phdr>(file, header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  return std::any_of(segments.begin(), segments.end(),
                     [](const Elf64_Phdr& segment) { return segment.p_type == PT_INTERP; });
}

// The program that the kernel runs for a script; empty for other files.
std::string InterpreterOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.compare(0, 2, "#!") != 0) return "";
  std::istringstream words(line.substr(2));
  std::string interpreter;
  words >> interpreter;
  return interpreter;
}

void RequireDynamic(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto headers = ReadTable<Elf64_Ehdr>(file, 0, sizeof(Elf64_Ehdr));
  if (headers.empty()) return;  // the kernel will say
  const Elf64_Ehdr& header = headers[0];
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
    Refuse(path, "is not a program for x86-64, and the profiler's library is");
  }
  if (!HasInterpreter(file, header)) {
    Refuse(path,
           "is linked statically: nothing can be preloaded into it (a program in Go has "
           "net/http/pprof; one in C++ links pprof::pprof)");
  }
}

void RequireItself(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    Refuse(path, "cannot be read: " + ErrorText());
  }
  // With the owner's rights already there, the bits change nothing.
  const bool gains_user = (info.st_mode & S_ISUID) != 0 && info.st_uid != getuid();
  const bool gains_group = (info.st_mode & S_ISGID) != 0 && info.st_gid != getgid();
  if (gains_user || gains_group) {
    Refuse(path,
           "runs with the rights of its owner (setuid or setgid): the system preloads nothing into "
           "it; start the program behind it, as its user");
  }
  if (getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
    Refuse(path, "has file capabilities: the system preloads nothing into it");
  }
  RequireDynamic(path);
}

}  // namespace

std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (IsProgram(name)) return name;
    if (access(name.c_str(), F_OK) == 0) Refuse(name, "is not a program that you may start");
    throw Failure("there is no program " + name, kNotFound);
  }
  std::istringstream folders(SearchPath());
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string path = (folder.empty() ? "." : folder) + "/" + name;
    if (IsProgram(path)) return path;
  }
  throw Failure("there is no program " + name + " in PATH", kNotFound);
}

std::vector<char*> ArgumentsOf(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

void RequirePreloadable(const std::string& path) {
  constexpr int kMostInterpreters = 4;  // the kernel's limit for scripts that are run by scripts
  std::string program = path;
  for (int i = 0; i < kMostInterpreters; ++i) {
    const std::string interpreter = InterpreterOf(program);
    if (!IsProgram(interpreter)) break;
    program = interpreter;
  }
  RequireItself(program);
}

}  // namespace pprof::command

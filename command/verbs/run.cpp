// pprof-cpp run: becomes the program, with the library in LD_PRELOAD and the settings in variables.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "command/failure.h"
#include "command/processes/answering.h"
#include "command/processes/library_file.h"
#include "command/processes/program_file.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr char kProcessSocket[] = "/%p.sock";  // the library puts its process's number there
constexpr size_t kLongestSocketPath = 107;

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr ? value : "";
}

void Set(const char* name, const std::string& value) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  if (setenv(name, value.c_str(), 1) != 0) throw Failure("no memory for the environment");
}

// Blanks and colons separate the names in LD_PRELOAD and cannot be escaped: a folder that has one
// goes into LD_LIBRARY_PATH, where only colons and semicolons separate.
void Preload() {
  const std::string folder = LibraryFolder();
  std::string library = folder + "/" + kLibrary;
  if (folder.find_first_of(":;") != std::string::npos) {
    throw Failure("the folder " + folder +
                      " has a colon or a semicolon: the system preloads "
                      "nothing from there",
                  kCannotStart);
  }
  if (folder.find(' ') != std::string::npos) {
    const std::string others = Variable("LD_LIBRARY_PATH");
    Set("LD_LIBRARY_PATH", folder + (others.empty() ? "" : ":" + others));
    library = kLibrary;
  }
  const std::string others = Variable("LD_PRELOAD");
  if (others.find(kLibrary) != std::string::npos) return;
  Set("LD_PRELOAD", library + (others.empty() ? "" : ":" + others));
}

// The address of a socket in the folder of sockets, which must be this user's alone.
std::string SocketAddress() {
  const std::string folder = SocketFolder();
  struct stat info {};
  const bool made = mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST;
  const std::string remedy = "; set XDG_RUNTIME_DIR to a folder of yours, or use --listen";
  if (!made || stat(folder.c_str(), &info) != 0) {
    throw Failure("the folder for sockets " + folder + " cannot be made: " + ErrorText() + remedy,
                  kCannotStart);
  }
  if (info.st_uid != geteuid() || (info.st_mode & 0077) != 0) {
    throw Failure(
        "the folder for sockets " + folder + " is not this user's alone (mode 0700)" + remedy,
        kCannotStart);
  }
  if (folder.size() + sizeof "/4194304.sock" > kLongestSocketPath) {
    throw Failure("the path of the folder for sockets " + folder + " is too long" + remedy,
                  kCannotStart);
  }
  return "unix:" + folder + kProcessSocket;
}

void SetOneOf(const Words& words, const char* option, const char* variable,
              const std::vector<std::string>& allowed) {
  const std::string value = words.Value(option).value_or(allowed[0]);
  for (const std::string& one : allowed) {
    if (value == one) return Set(variable, value);
  }
  throw Failure("--" + std::string(option) + " is \"" + value + "\" and must be " + allowed[0] +
                    " or " + allowed[1],
                kUsage);
}

void SetHeapInterval(const std::string& text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  if (digits == 0 || text.empty() || !(unit.empty() || unit == "k" || unit == "m")) {
    throw Failure("--heap-interval \"" + text + "\" is not a number of bytes such as 512k or 1m",
                  kUsage);
  }
  Set("PPROF_CPP_HEAP_INTERVAL", text);
}

void SetVariables(const Words& words) {
  if (words.Has("listen") && words.Has("socket")) {
    throw Failure("--listen and --socket exclude each other", kUsage);
  }
  SetOneOf(words, "children", "PPROF_CPP_CHILDREN", {"serve", "off"});
  if (words.Has("allocator")) {
    SetOneOf(words, "allocator", "PPROF_CPP_ALLOCATOR", {"tcmalloc", "keep"});
  }
  if (const auto interval = words.Value("heap-interval")) SetHeapInterval(*interval);
  Set("PPROF_CPP_LISTEN", words.Has("listen") ? *words.Value("listen") : SocketAddress());
}

}  // namespace

int Run(const Words& words) {
  const std::string path = FindProgram(words.names[0]);
  RequirePreloadable(path);
  SetVariables(words);
  Preload();
  std::vector<std::string> arguments = words.names;
  execv(path.c_str(), ArgumentsOf(arguments).data());
  throw Failure(path + " cannot be started: " + ErrorText(), kCannotStart);
}

}  // namespace pprof::command

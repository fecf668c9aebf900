#include "command/processes/library_file.h"

#include <unistd.h>

#include "command/failure.h"
#include "command/processes/process.h"

namespace pprof::command {
namespace {

// From the command to the library, both installed.
constexpr char kInstalledFolder[] = PPROF_CPP_LIBRARY_FOLDER;

}  // namespace

std::string LibraryFolder() {
  const std::string command = ReadLink("/proc/self/exe");
  const std::string here = command.substr(0, command.rfind('/'));
  for (const char* const folder : {"", "/../profiler/preload", kInstalledFolder}) {
    std::string path = here + folder;
    if (access((path + "/" + kLibrary).c_str(), R_OK) == 0) return path;
  }
  throw Failure(std::string(kLibrary) + " is neither beside " + command + " nor in " + here +
                    kInstalledFolder,
                kCannotStart);
}

}  // namespace pprof::command

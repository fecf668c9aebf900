#include "endpoints/door/last_thread.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace pprof::http {
namespace {

constexpr char kTasks[] = "/proc/self/task";

// "41 (pprof-http) S 1 ...": the name may contain anything, also parentheses. A thread that cannot
// be read, or has ended, is nobody's.
struct ThreadStat {
  explicit ThreadStat(const std::filesystem::path& folder) {
    std::ifstream file(folder / "stat");
    std::string line;
    std::getline(file, line);
    const size_t begin = line.find('(');
    const size_t end = line.rfind(')');
    if (begin == std::string::npos || end + 2 >= line.size()) return;
    name = line.substr(begin + 1, end - begin - 1);
    state = line[end + 2];
  }
  bool ended() const { return state == 'Z' || state == 'X'; }
  bool is_ours() const { return name.rfind("pprof-", 0) == 0; }

  std::string name;
  char state = 'X';
};

}  // namespace

bool MainThreadHasEnded() {
  return ThreadStat(kTasks / std::filesystem::path(std::to_string(getpid()))).state == 'Z';
}

bool OnlyOurThreadsAreLeft() {
  if (!MainThreadHasEnded()) return false;
  std::error_code error;
  for (auto task = std::filesystem::directory_iterator(kTasks, error);
       !error && task != std::filesystem::directory_iterator(); task.increment(error)) {
    const ThreadStat thread(task->path());
    if (!thread.ended() && !thread.is_ours()) return false;
  }
  return !error;
}

}  // namespace pprof::http

// pprof-cpp open: the pprof tool's pages on a profile, which is gone when the tool ends.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "command/failure.h"
#include "command/files/pending_file.h"
#include "command/processes/program_file.h"
#include "command/processes/target.h"
#include "command/readable_text.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

// The tool, while it runs.
volatile sig_atomic_t tool_pid = 0;

// Signal handler only. The tool ends by its signal, and then we clean up.
void EndTool(int) { kill(tool_pid, SIGTERM); }

bool HasProgram(const std::string& name) {
  try {
    FindProgram(name);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

// The tool with the words in front of its options.
std::vector<std::string> Tool() {
  if (HasProgram("go")) return {"go", "tool", "pprof"};
  if (HasProgram("pprof")) return {"pprof"};
  throw Failure(
      "the pprof tool is not installed: apt-get install golang-go graphviz, then again; or get the "
      "profile with pprof-cpp get and open it elsewhere");
}

// A folder for one file, removed at the end.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "pprof-cpp-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw Failure("no folder can be made like " + path);
    path_ = path;
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;  // a file that stays behind in the temporary folder does no harm
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Its exit code. Ctrl-C, SIGTERM and SIGHUP end the tool.
int RunTool(std::vector<std::string> words) {
  const std::vector<char*> pointers = ArgumentsOf(words);
  const pid_t child = fork();
  if (child < 0) throw Failure("no process can be started");
  if (child == 0) {
    execvp(pointers[0], pointers.data());
    _exit(kNotFound);
  }
  tool_pid = child;
  struct sigaction action {};
  action.sa_handler = EndTool;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

}  // namespace

int Open(const Words& words) {
  std::vector<std::string> tool = Tool();
  const Target target = FindTarget(words.names[0]);
  const std::string& profile = words.names[1];
  const int seconds =
      words.Number("seconds", IsRecording(profile) ? kDefaultRecording : 0, 1, kMostSeconds);
  const Answer answer = Ask(target, WithSeconds(profile, seconds), seconds);
  const PrivateFolder folder;
  const std::string file = folder.path() + "/" + AsFileName(target.name + "." + profile + ".pb.gz");
  WriteFile(file, answer.body);
  tool.push_back("-http=" + words.Value("http").value_or("127.0.0.1:0"));
  tool.push_back(file);
  return RunTool(tool);
}

}  // namespace pprof::command

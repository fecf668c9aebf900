#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "profiler/sys/process/hook_program.h"

namespace pprof::sys {
namespace {

struct Command {
  std::vector<char*> arguments;    // ends with nullptr
  std::vector<char*> environment;  // ends with nullptr
};

// A child of vfork: it shares the memory until it has become the other program. Async-signal-safe.
int Become(void* opaque) {
  const auto* command = static_cast<const Command*>(opaque);
  const int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) dup2(nothing, fd);
  syscall(SYS_close_range, STDERR_FILENO + 1U, ~0U, 0U);
  // The program's handlers must not run here.
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
      signal(number, SIG_DFL);
    }
  }
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  execve(command->arguments[0], command->arguments.data(), command->environment.data());
  constexpr int kNotFound = 127;
  _exit(kNotFound);
}

// Without an exit signal, waitpid(-1) does not find the child, and nobody gets SIGCHLD.
pid_t StartUnseen(Command* command) {
  constexpr size_t kStackBytes = size_t{64} << 10;
  std::vector<char> stack(kStackBytes);
  char* top = stack.data() + stack.size();
  top -= reinterpret_cast<uintptr_t>(top) % 16;
  return clone(Become, top, CLONE_VM | CLONE_VFORK, command);
}

}  // namespace

int RunHook(const std::vector<std::string>& arguments, int seconds,
            const std::function<bool()>& stopped) {
  Command command;
  for (const std::string& argument : arguments) {
    command.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  command.arguments.push_back(nullptr);
  constexpr char kOurs[] = "PPROF_CPP_";
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, kOurs, sizeof kOurs - 1) != 0) command.environment.push_back(*entry);
  }
  command.environment.push_back(nullptr);
  const pid_t child = StartUnseen(&command);
  if (child < 0) return -1;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int status = 0;
  while (waitpid(child, &status, WNOHANG | __WALL) == 0) {
    if (stopped() || std::chrono::steady_clock::now() > end) kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace pprof::sys

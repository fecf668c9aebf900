// pprof-cpp attach: makes a running process load the library and start its server.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <string>

#include "command/attach/remote_program.h"
#include "command/attach/safe_point.h"
#include "command/attach/tracee.h"
#include "command/failure.h"
#include "command/processes/answering.h"
#include "command/processes/library_file.h"
#include "command/processes/target.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr uint64_t kStackBytes = uint64_t{512} << 10;  // for the library's constructors
constexpr uint64_t kRedZoneBytes = 128;                // of the ABI, below the stack pointer
constexpr int kStartSeconds = 10;

// As profiler/preload/attach_entry.cpp has it.
struct AttachReport {
  int32_t state;
  char text[508];
};

double Milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::string StatusField(const Process& process, const std::string& name) {
  const std::string status = ReadFile(process.Folder() + "/status");
  const size_t at = status.find("\n" + name + ":\t");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 3;
  return status.substr(begin, status.find('\n', begin) - begin);
}

// What would go wrong is known before anything is stopped.
void RequireAttachable(const Process& process, const RemoteProgram& program) {
  const std::string name = process.name + " (" + std::to_string(process.pid) + ") ";
  if (StatusField(process, "Seccomp") != "0") {
    throw Failure(name + "is in a seccomp sandbox, which may kill it for a call of the profiler");
  }
  if (StatusField(process, "TracerPid") != "0") {
    throw Failure(name + "is traced by process " + StatusField(process, "TracerPid") +
                  "; end that debugger first");
  }
  if (const std::string state = StatusField(process, "State"); state[0] == 'T' || state[0] == 'Z') {
    throw Failure(name + "does not run: its state is " + state);
  }
  if (program.FindModule("ld-musl") != nullptr) {
    throw Failure(name + "uses musl; the profiler needs the GNU C library");
  }
  if (program.FindModule("libc.so.6") == nullptr) {
    throw Failure(name + "is linked statically, or has another C library than GNU's 2.34 or later");
  }
}

// A tracer that is killed in the middle of a call would take the program with it.
class UninterruptedBySignals {
 public:
  UninterruptedBySignals() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before_);
  }
  ~UninterruptedBySignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  UninterruptedBySignals(const UninterruptedBySignals&) = delete;
  UninterruptedBySignals& operator=(const UninterruptedBySignals&) = delete;

 private:
  sigset_t before_{};
};

// Calls functions of the program's C library, on a stack that is there for this only: that of the
// thread may be small.
class Loader {
 public:
  Loader(const Process& process, const RemoteProgram& program)
      : process_(process),
        program_(program),
        libc_(*program.FindModule("libc.so.6")),
        tracee_(StopAtSafePoint(process.pid, program)) {
    own_stack_ = tracee_->registers().rsp - kRedZoneBytes;
    const uint64_t found = tracee_->Call(
        Function("mmap"),
        {0, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~uint64_t{0}, 0},
        own_stack_);
    if (static_cast<int64_t>(found) < 0) throw Failure("the program has no memory for a stack");
    memory_ = found;
  }
  ~Loader() {
    try {
      if (memory_ != 0) tracee_->Call(Function("munmap"), {memory_, kStackBytes}, own_stack_);
    } catch (const Failure& failure) {
      std::fprintf(stderr, "pprof-cpp: %s\n", failure.what());
    }
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // The address of the report. Throws Failure with the dynamic linker's words.
  uint64_t Load(const std::string& library, const std::string& listen) {
    const std::string path = PathInside(library);
    const uint64_t handle = Call("dlopen", Text(path), RTLD_NOW);
    if (memory_file_ >= 0) Call("close", static_cast<uint64_t>(memory_file_), 0);
    if (handle == 0) throw Failure("the library cannot be loaded: " + Error());
    const uint64_t entry = Call("dlsym", handle, Text("pprof_cpp_attach"));
    if (entry == 0) throw Failure("the library in the process has no door for attach: " + Error());
    return tracee_->Call(entry, {Text(listen)}, memory_ + kStackBytes);
  }

 private:
  uint64_t Function(const char* name) const { return program_.AddressOf(libc_, name); }
  uint64_t Call(const char* name, uint64_t first, uint64_t second) {
    return tracee_->Call(Function(name), {first, second}, memory_ + kStackBytes);
  }
  // The text at the low end of the stack, where the calls do not come.
  uint64_t Text(const std::string& text) {
    if (WriteMemory(process_.pid, memory_, text.c_str(), text.size() + 1) != text.size() + 1) {
      throw Failure("the memory of the process cannot be written");
    }
    return memory_;
  }
  std::string Error() {
    char text[512] = "";
    const uint64_t error = Call("dlerror", 0, 0);
    if (error != 0) ReadMemory(process_.pid, error, text, sizeof text - 1);
    return text;
  }
  std::string PathInside(const std::string& library);

  const Process& process_;
  const RemoteProgram& program_;
  const CodeMapping& libc_;
  std::unique_ptr<Tracee> tracee_;
  uint64_t own_stack_ = 0;
  uint64_t memory_ = 0;
  int memory_file_ = -1;
};

bool IsSameFile(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino && (a.st_mode & S_IROTH) != 0;
}

// A container, or another user, may not see the file: then it comes as a file in memory.
std::string Loader::PathInside(const std::string& library) {
  if (IsSameFile(library, process_.Folder() + "/root" + library)) {
    return library;
  }
  memory_file_ = static_cast<int>(Call("memfd_create", Text(kLibrary), MFD_CLOEXEC));
  if (memory_file_ < 0) throw Failure("the process cannot make a file in memory");
  const std::string file = "/fd/" + std::to_string(memory_file_);
  const std::string bytes = ReadFile(library);
  std::FILE* const out = std::fopen((process_.Folder() + file).c_str(), "wb");
  const bool written =
      out != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  if ((out != nullptr && std::fclose(out) != 0) || !written) {
    throw Failure("the file in the memory of the process cannot be written");
  }
  return "/proc/self" + file;
}

std::string AwaitServer(pid_t pid, uint64_t address) {
  AttachReport report{};
  const double end = Milliseconds() + kStartSeconds * 1e3;
  while (report.state == 0 && Milliseconds() < end) {
    const timespec pause{0, 2000000};
    nanosleep(&pause, nullptr);
    if (ReadMemory(pid, address, &report, sizeof report) == 0) {
      throw Failure("the process ended while its server started");
    }
  }
  report.text[sizeof report.text - 1] = '\0';
  if (report.state == 1) return report.text;
  throw Failure(report.state == 2
                    ? std::string("the library is in the process, and does not listen: ") +
                          report.text
                    : "the library is in the process, and its server did not start within 10 s");
}

}  // namespace

int Attach(const Words& words) {
  const Process process = FindProcess(words.names[0]);
  if (const auto address = WhereItAnswers(process)) {
    throw Failure(process.name + " answers already at " + address->Text());
  }
  const RemoteProgram program(process.pid);
  RequireAttachable(process, program);
  const std::string library = LibraryFolder() + "/" + kLibrary;
  uint64_t report = 0;
  double stopped = 0;
  {
    const UninterruptedBySignals uninterrupted;
    Loader loader(process, program);
    stopped = Milliseconds();
    report = loader.Load(library, words.Value("listen").value_or("unix"));
  }
  stopped = Milliseconds() - stopped;
  const std::string address = AwaitServer(process.pid, report);
  std::printf("%s (%d) answers at %s; one of its threads stood still for %.0f ms\n",
              process.name.c_str(), process.pid, address.c_str(), stopped);
  return 0;
}

}  // namespace pprof::command

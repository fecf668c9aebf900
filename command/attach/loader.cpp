#include "command/attach/loader.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdio>

#include "command/attach/safe_point.h"
#include "command/failure.h"

namespace pprof::command {
namespace {

constexpr uint64_t kStackBytes = uint64_t{512} << 10;  // for the library's constructors
constexpr uint64_t kRedZoneBytes = 128;                // of the ABI, below the stack pointer
constexpr char kLibc[] = "libc.so.6";

// A file that other users may read, and that the process sees under the same name.
bool IsSameFile(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino && (a.st_mode & S_IROTH) != 0;
}

bool Copy(const std::string& from, const std::string& to) {
  const std::string bytes = ReadFile(from);
  std::FILE* const out = std::fopen(to.c_str(), "wb");
  if (out == nullptr) return false;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  return std::fclose(out) == 0 && written;
}

}  // namespace

void RequireAttachable(const Process& process, const RemoteProgram& program) {
  const std::string name = process.name + " (" + std::to_string(process.pid) + ") ";
  const std::string status = ReadFile(process.Folder() + "/status");
  if (FieldOf(status, "\nSeccomp:\t") != "0") {
    throw Failure(name + "is in a seccomp sandbox, which may kill it for a call of the profiler");
  }
  if (const std::string tracer = FieldOf(status, "\nTracerPid:\t"); tracer != "0") {
    throw Failure(name + "is traced by process " + tracer + "; end that debugger first");
  }
  if (const std::string state = FieldOf(status, "\nState:\t"); state[0] == 'T' || state[0] == 'Z') {
    throw Failure(name + "does not run: its state is " + state);
  }
  if (program.FindModule("ld-musl") != nullptr) {
    throw Failure(name + "uses musl; the profiler needs the GNU C library");
  }
  if (program.FindModule(kLibc) == nullptr) {
    throw Failure(name + "is linked statically, or has another C library than GNU's 2.34 or later");
  }
}

Loader::LibcFunctions::LibcFunctions(const RemoteProgram& program) {
  const CodeMapping& libc = *program.FindModule(kLibc);
  map = program.AddressOf(libc, "mmap");
  unmap = program.AddressOf(libc, "munmap");
  make_memory_file = program.AddressOf(libc, "memfd_create");
  close = program.AddressOf(libc, "close");
  load = program.AddressOf(libc, "dlopen");
  find = program.AddressOf(libc, "dlsym");
  error = program.AddressOf(libc, "dlerror");
}

Loader::Loader(const Process& process, const RemoteProgram& program)
    : process_(process),
      libc_(program),
      tracee_(StopAtSafePoint(process.pid, program)),
      stopped_at_(std::chrono::steady_clock::now()),
      own_stack_(tracee_->registers().rsp - kRedZoneBytes) {
  constexpr uint64_t kNoFile = ~uint64_t{0};
  const uint64_t found = tracee_->Call(
      libc_.map, {0, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, kNoFile, 0},
      own_stack_);
  if (static_cast<int64_t>(found) < 0) throw Failure("the program has no memory for a stack");
  memory_ = found;
}

Loader::~Loader() {
  try {
    if (memory_ != 0) tracee_->Call(libc_.unmap, {memory_, kStackBytes}, own_stack_);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "pprof-cpp: %s\n", failure.what());
  }
}

uint64_t Loader::Call(uint64_t function, uint64_t first, uint64_t second) {
  return tracee_->Call(function, {first, second}, memory_ + kStackBytes);
}

// The text at the low end of the stack, where the calls do not come.
uint64_t Loader::PutText(const std::string& text) {
  if (WriteMemory(process_.pid, memory_, text.c_str(), text.size() + 1) != text.size() + 1) {
    throw Failure("the memory of the process cannot be written");
  }
  return memory_;
}

std::string Loader::LinkerError() {
  char text[512] = "";
  const uint64_t error = Call(libc_.error, 0, 0);
  if (error != 0) ReadMemory(process_.pid, error, text, sizeof text - 1);
  return text;
}

// A container, or another user, may not see the file: then it comes as a file in memory.
std::string Loader::PathInside(const std::string& library) {
  if (IsSameFile(library, process_.Folder() + "/root" + library)) return library;
  const std::string name = library.substr(library.rfind('/') + 1);
  memory_file_ = static_cast<int>(Call(libc_.make_memory_file, PutText(name), MFD_CLOEXEC));
  const std::string file = "/fd/" + std::to_string(memory_file_);
  if (memory_file_ < 0 || !Copy(library, process_.Folder() + file)) {
    throw Failure("the process cannot have a file in memory");
  }
  return "/proc/self" + file;
}

uint64_t Loader::LoadAndCall(const std::string& path, const char* entry, const std::string& text) {
  const uint64_t handle = Call(libc_.load, PutText(PathInside(path)), RTLD_NOW);
  if (memory_file_ >= 0) Call(libc_.close, static_cast<uint64_t>(memory_file_), 0);
  if (handle == 0) throw Failure("the library cannot be loaded: " + LinkerError());
  const uint64_t function = Call(libc_.find, handle, PutText(entry));
  if (function == 0) throw Failure("the library cannot be attached: " + LinkerError());
  return tracee_->Call(function, {PutText(text)}, memory_ + kStackBytes);
}

}  // namespace pprof::command

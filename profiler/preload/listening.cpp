#include "profiler/preload/listening.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "endpoints/door/socket/listener.h"
#include "profiler/sys/memory/maps_file.h"
#include "profiler/sys/process/environment.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::preload {
namespace {

constexpr char kListen[] = "PPROF_CPP_LISTEN";
constexpr char kChildren[] = "PPROF_CPP_CHILDREN";
constexpr char kAllocator[] = "PPROF_CPP_ALLOCATOR";
constexpr char kOwnSocket[] = "unix";

// The value of a variable; `options` become an error if it is neither of the two, nor empty.
std::string OneOf(const char* name, const char* one, const char* other,
                  Result<http::Options>* options) {
  const char* value = sys::FindEnvironment(name);
  std::string text = value == nullptr ? "" : value;
  if (!text.empty() && text != one && text != other) {
    *options = Status(StatusCode::kInvalidArgument,
                      std::string(name) + "=" + text + " is neither " + one + " nor " + other);
  }
  return text;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The file that this code was loaded from, as one word of its lines in /proc/PID/maps.
std::string OwnInode(std::string_view maps) {
  const auto here = reinterpret_cast<uintptr_t>(&OwnInode);
  sys::MapsWords words;
  for (std::string_view line; sys::TakeMapsLine(&maps, &line);) {
    if (!sys::SplitMapsLine(line, &words) || here < words.start || here >= words.limit) continue;
    return " " + std::string(words.inode) + " ";
  }
  return " ";
}

}  // namespace

Listening::Listening()
    : options_(http::Options::FromEnvironment()), first_user_(geteuid()), process_(getpid()) {
  struct stat info {};
  if (fstat(STDERR_FILENO, &info) == 0) {
    stderr_device_ = info.st_dev;
    stderr_inode_ = info.st_ino;
  }
  if (!options_.ok()) return;
  const auto address = http::ParseListenAddress(options_.value().address);
  has_own_address_ = address.ok() && address.value().is_of_process;
  const std::string children = OneOf(kChildren, "serve", "off", &options_);
  children_serve_ = children == "serve" || (children.empty() && has_own_address_);
  OneOf(kAllocator, "tcmalloc", "keep", &options_);
}

Listening* Listening::FromEnvironment() {
  const char* listen = sys::FindEnvironment(kListen);
  return listen == nullptr || *listen == '\0' ? nullptr : new Listening;
}

void Listening::OnForkedChild() {
  parent_served_ = serves_;
  serves_ = false;
  is_fork_ = true;
  parent_ = std::exchange(process_, getpid());
}

// Its environment has the same address, and it has loaded this code: a program in a container may
// have inherited the variables and be linked statically.
bool Listening::ParentIsMeant() const {
  const std::string folder = "/proc/" + std::to_string(getppid());
  const std::string entry =
      std::string(1, '\0') + kListen + "=" + options_.value().address + std::string(1, '\0');
  if ((std::string(1, '\0') + ReadFile(folder + "/environ")).find(entry) == std::string::npos) {
    return false;
  }
  int error = 0;
  const std::string inode = OwnInode(sys::ReadMaps(&error));
  return inode.size() > 1 && ReadFile(folder + "/maps").find(inode) != std::string::npos;
}

void Listening::Serve() noexcept try {
  const Status served = ServeWhereMeant();
  if (!served.ok() && !is_child_) Complain("not listening: " + served.message());
} catch (const std::exception& error) {
  Complain(std::string("not listening: ") + error.what());
}

Status Listening::ServeWhereMeant() {
  is_child_ = is_fork_;
  if (!options_.ok()) return options_.status();
  const std::string address = options_.value().address;
  if (!is_fork_) is_child_ = sys::WithOwnDescriptors([this] { return ParentIsMeant(); });
  // A program that becomes a daemon forks early and ends; its child is the program from then on.
  const bool takes_place = is_fork_ && !parent_served_ && getppid() != parent_;
  if (!is_child_ || takes_place) return ServeAt(address);
  if (!children_serve_) return {};
  return ServeAtOwnSocket(has_own_address_ ? address : kOwnSocket);
}

// A worker that has another user than its parent cannot use the parent's folder.
Status Listening::ServeAtOwnSocket(const std::string& address) {
  Status served = ServeAt(address);
  const uid_t user = geteuid();
  if (served.ok() || user == first_user_) return served;
  return ServeAt("unix:/tmp/pprof-cpp-" + std::to_string(user) + "/%p.sock");
}

Status Listening::ServeAt(std::string address) {
  http::Options options = options_.value();
  options.address = std::move(address);
  options.say = [this](const std::string& sentence) { Complain(sentence); };
  auto server = http::Server::Start(options);
  if (!server.ok()) return server.status();
  const std::string path = http::ParseListenAddress(options.address).value().unix_path;
  socket_path_[path.copy(socket_path_, sizeof socket_path_ - 1)] = '\0';
  new http::Server(std::move(server.value()));
  serves_ = true;
  return {};
}

void Listening::OnExit() const {
  if (serves_ && *socket_path_ != '\0') unlink(socket_path_);
}

void Listening::Complain(const std::string& why) const {
  struct stat info {};
  if (fstat(STDERR_FILENO, &info) != 0 || info.st_dev != stderr_device_ ||
      info.st_ino != stderr_inode_) {
    return;
  }
  const std::string line = "pprof-cpp: " + why + "\n";
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody to tell
}

}  // namespace pprof::preload

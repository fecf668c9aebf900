#include "command/files/pending_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "command/failure.h"

namespace pprof::command {
namespace {

// What the signal handler removes; empty: nothing.
char pending_path[4096];

[[noreturn]] void Refuse(const std::string& what) { throw Failure(what + ": " + ErrorText()); }

// Signal handler only.
void RemoveAndEnd(int signal_number) {
  if (pending_path[0] != '\0') unlink(pending_path);
  _exit(128 + signal_number);
}

void RemoveOnSignal(const std::string& path) {
  if (path.size() >= sizeof pending_path) Refuse(path);
  std::memcpy(pending_path, path.c_str(), path.size() + 1);
  struct sigaction action {};
  action.sa_handler = RemoveAndEnd;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

// The file behind symbolic links, which keep pointing at it, also where it is yet to be made.
std::string Resolved(std::filesystem::path path) {
  constexpr int kMostLinks = 40;  // the kernel's limit
  std::error_code error;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(path, error); ++i) {
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  }
  return path.string();
}

}  // namespace

PendingFile::PendingFile(const std::string& path)
    : path_(Resolved(path)),
      pending_path_(path_ + ".part." + std::to_string(getpid())),
      fd_(open(pending_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
  if (fd_ < 0) Refuse("cannot write " + path);
  RemoveOnSignal(pending_path_);
}

PendingFile::~PendingFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(pending_path_.c_str());
  pending_path[0] = '\0';
}

void PendingFile::Write(const std::string& bytes) { WriteTo(fd_, bytes, path_); }

void PendingFile::Commit() {
  if (fsync(fd_) != 0) Refuse("cannot write " + path_);
  if (rename(pending_path_.c_str(), path_.c_str()) != 0) Refuse("cannot write " + path_);
  pending_path[0] = '\0';
  close(fd_);
  fd_ = -1;
}

void WriteTo(int fd, const std::string& bytes, const std::string& name) {
  for (size_t written = 0; written < bytes.size();) {
    const ssize_t now = write(fd, bytes.data() + written, bytes.size() - written);
    if (now < 0) Refuse("cannot write " + name);
    written += static_cast<size_t>(now);
  }
}

void WriteFile(const std::string& path, const std::string& bytes) {
  if (path == "-") return WriteTo(STDOUT_FILENO, bytes, "to stdout");
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) Refuse("cannot write " + path);
    WriteTo(fd, bytes, path);
    close(fd);
    return;
  }
  PendingFile file(path);
  file.Write(bytes);
  file.Commit();
}

}  // namespace pprof::command

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "profiler/sys/files/private_folder.h"

namespace pprof::sys {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE of linux/fs.h
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kFile = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string Refusal(const struct stat& info, const std::string& path) {
  if (info.st_uid != geteuid()) {
    return path + " belongs to another user; name a folder in it, which is then made";
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "others may write to " + path + "; name a folder in it, which is then made";
  }
  return {};
}

}  // namespace

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

PrivateFolder& PrivateFolder::operator=(PrivateFolder&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

PrivateFolder::~PrivateFolder() { CloseFile(fd_); }

PrivateFolder PrivateFolder::Open(const std::string& path, std::string* why_not) {
  const bool failed = mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST;
  PrivateFolder folder(failed ? -1 : open(path.c_str(), kFolder));
  struct stat info {};
  if (!folder.is_open() || fstat(folder.fd_, &info) != 0) {
    *why_not = path + ": " + std::generic_category().message(errno);
    return {};
  }
  *why_not = Refusal(info, path);
  return why_not->empty() ? std::move(folder) : PrivateFolder();
}

PrivateFolder PrivateFolder::Make(const char* name) const {
  if (mkdirat(fd_, name, kFolderMode) != 0) return {};
  return Enter(name);
}

PrivateFolder PrivateFolder::Enter(const char* name) const {
  return PrivateFolder(openat(fd_, name, kFolder));
}

int PrivateFolder::MakeFile(const char* name) const {
  return openat(fd_, name, kFile | O_WRONLY | O_CREAT | O_EXCL, kFileMode);
}

int PrivateFolder::OpenFile(const char* name) const { return openat(fd_, name, kFile | O_RDONLY); }

int PrivateFolder::OpenOrMakeFile(const char* name) const {
  return openat(fd_, name, kFile | O_RDWR | O_CREAT, kFileMode);
}

bool PrivateFolder::Rename(const char* from, const char* to) const {
  if (syscall(SYS_renameat2, fd_, from, fd_, to, kNoReplace) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;  // the file system does not have the flag
  return faccessat(fd_, to, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && renameat(fd_, from, fd_, to) == 0;
}

bool PrivateFolder::Replace(const char* from, const char* to) const {
  return renameat(fd_, from, fd_, to) == 0;
}

void PrivateFolder::Sync() const {
  // Some file systems have nothing to sync here; what was renamed stays renamed.
  static_cast<void>(fsync(fd_));
}

bool PrivateFolder::RemoveFile(const char* name) const { return unlinkat(fd_, name, 0) == 0; }

bool PrivateFolder::RemoveFolder(const char* name) const {
  const PrivateFolder folder = Enter(name);
  for (const std::string& file : folder.List()) folder.RemoveFile(file.c_str());
  return unlinkat(fd_, name, AT_REMOVEDIR) == 0;
}

std::vector<std::string> PrivateFolder::List() const {
  std::vector<std::string> names;
  const int fd = fd_ < 0 ? -1 : openat(fd_, ".", kFolder);
  DIR* entries = fd < 0 ? nullptr : fdopendir(fd);
  if (entries == nullptr) {
    CloseFile(fd);
    return names;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

uint64_t PrivateFolder::SizeOf(const char* name) const {
  struct stat info {};
  if (fstatat(fd_, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) return 0;
  return static_cast<uint64_t>(info.st_size);
}

bool PrivateFolder::IsFolder(const char* name) const {
  struct stat info {};
  return fstatat(fd_, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

bool LockFile(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0; }

bool HasName(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && info.st_nlink > 0;
}

std::string ReadWhole(int fd, size_t most) {
  std::string text(most, '\0');
  size_t size = 0;
  while (size < most) {
    const ssize_t got = pread(fd, &text[size], most - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

void WriteAtStart(int fd, const char* bytes, size_t size) {
  while (pwrite(fd, bytes, size, 0) < 0 && errno == EINTR) {
  }
}

void CloseFile(int fd) {
  if (fd >= 0) close(fd);
}

}  // namespace pprof::sys

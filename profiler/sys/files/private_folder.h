// A folder of this user alone, and what is in it. Names are single path elements: nothing follows a
// symbolic link, and nothing outside of the folder is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pprof::sys {

// Thread safety: const functions are safe; one thread owns the object.
class PrivateFolder {
 public:
  PrivateFolder() = default;  // none
  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&& other) noexcept;
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder();

  // Opens the folder and makes it, with mode 0700, if it is missing. `why_not` gets a sentence if
  // it is a link, belongs to another user, or others may write to it.
  static PrivateFolder Open(const std::string& path, std::string* why_not);

  bool is_open() const { return fd_ >= 0; }

  // Makes a folder of mode 0700 in it and opens that; none if it exists, or on errors: see errno.
  // Allocates nothing.
  PrivateFolder Make(const char* name) const;
  // Opens a folder in it; none if there is none.
  PrivateFolder Enter(const char* name) const;

  // Makes a file of mode 0600 for writing, or opens one that exists for reading; below 0: see
  // errno. Ownership: the caller closes it. Allocates nothing.
  int MakeFile(const char* name) const;
  int OpenFile(const char* name) const;
  // Opens a file for reading and writing, and makes it if it is missing.
  int OpenOrMakeFile(const char* name) const;

  // Renames within the folder; false if `to` exists, or on other errors. Allocates nothing.
  bool Rename(const char* from, const char* to) const;
  // The same; a file that is called `to` is replaced.
  bool Replace(const char* from, const char* to) const;
  // Writes the folder's own entries to the disk. Allocates nothing.
  void Sync() const;

  bool RemoveFile(const char* name) const;
  // Removes a folder in it with its files; folders in that stay, and then it does, too.
  bool RemoveFolder(const char* name) const;

  // Names of what is in it, sorted; empty on errors.
  std::vector<std::string> List() const;
  // Size of a file in it; 0 if there is none. Not that of a link's target.
  uint64_t SizeOf(const char* name) const;
  bool IsFolder(const char* name) const;

 private:
  explicit PrivateFolder(int fd) : fd_(fd) {}

  int fd_ = -1;
};

// Takes the lock of an open file until it is closed, also by the death of the process. False:
// another process has it. Allocates nothing.
bool LockFile(int fd);

// Whether the open file still has a name.
bool HasName(int fd);

// Reads up to `most` bytes from the start of the file.
std::string ReadWhole(int fd, size_t most);

// Overwrites the start of the file. Allocates nothing.
void WriteAtStart(int fd, const char* bytes, size_t size);

void CloseFile(int fd);

}  // namespace pprof::sys

// A file that has its name only when it is complete. Until then it stands beside that name, and
// goes away with a failure, Ctrl-C or SIGTERM.
#pragma once

#include <string>

namespace pprof::command {

// Readable for this user only: function names and paths may be confidential. At most one exists at
// a time: the signal handler knows one name.
class PendingFile {
 public:
  // Throws Failure.
  explicit PendingFile(const std::string& path);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  // The open file, or -1 after Commit. Ownership: this object's.
  int fd() const { return fd_; }

  // Writes to the end of the file. Throws Failure.
  void Write(const std::string& bytes);

  // Gives the file its name, in place of an older one. Throws Failure.
  void Commit();

 private:
  const std::string path_;
  const std::string pending_path_;
  int fd_;
};

// Writes a whole file: through a PendingFile, or into what already stands there if that is no
// regular file (/dev/null, a pipe). "-" is stdout. Throws Failure.
void WriteFile(const std::string& path, const std::string& bytes);

// Writes everything to a descriptor. Throws Failure, in which `name` stands for it.
void WriteTo(int fd, const std::string& bytes, const std::string& name);

}  // namespace pprof::command

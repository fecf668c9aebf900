// A .tar.gz that has its name only when it is complete.
#pragma once

#include <zlib.h>

#include <string>

#include "command/files/pending_file.h"

namespace pprof::command {

class Archive {
 public:
  // All files go into one folder, `folder`, of the archive. Throws Failure.
  Archive(const std::string& path, std::string folder);
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  ~Archive();

  void Add(const std::string& name, const std::string& content);

  // Adds a file of the system; its size, or -1 if it cannot be read, which adds nothing.
  int64_t AddFile(const std::string& name, const std::string& path);

  // Completes the archive and gives it its name. Throws Failure.
  void Commit();

 private:
  void AddFileHead(const std::string& name, uint64_t size);
  void AddHead(const std::string& name, char type, uint64_t size);
  void Write(const char* bytes, size_t count);
  void Pad(uint64_t size);

  PendingFile file_;
  const std::string folder_;
  gzFile stream_;
};

}  // namespace pprof::command

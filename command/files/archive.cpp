#include "command/files/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <utility>

#include "command/failure.h"

namespace pprof::command {
namespace {

constexpr size_t kBlock = 512;
constexpr char kRegular = '0';
constexpr char kLongName = 'L';  // GNU's: the content is the name of the next file

// A tar header, POSIX ustar.
struct Head {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char time[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[8];
  char user[32];
  char group[32];
  char device[16];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(Head) == kBlock);

template <size_t kSize>
void Octal(char (&field)[kSize], uint64_t value) {
  std::snprintf(field, kSize, "%0*llo", static_cast<int>(kSize - 1),
                static_cast<unsigned long long>(value));
}

}  // namespace

Archive::Archive(const std::string& path, std::string folder)
    : file_(path), folder_(std::move(folder)), stream_(gzdopen(dup(file_.fd()), "wb3")) {
  if (stream_ == nullptr) throw Failure("no memory for the archive");
}

Archive::~Archive() {
  if (stream_ != nullptr) gzclose(stream_);
}

void Archive::Write(const char* bytes, size_t count) {
  if (count == 0) return;
  if (gzwrite(stream_, bytes, static_cast<unsigned>(count)) != static_cast<int>(count)) {
    throw Failure("the archive cannot be written: the disk may be full");
  }
}

void Archive::Pad(uint64_t size) {
  const char zeros[kBlock] = {};
  Write(zeros, (kBlock - size % kBlock) % kBlock);
}

void Archive::AddHead(const std::string& name, char type, uint64_t size) {
  Head head{};
  std::memcpy(head.name, name.data(), std::min(name.size(), sizeof head.name - 1));
  Octal(head.mode, 0600);
  Octal(head.uid, 0);
  Octal(head.gid, 0);
  Octal(head.size, size);
  Octal(head.time, static_cast<uint64_t>(time(nullptr)));
  std::memset(head.checksum, ' ', sizeof head.checksum);
  head.type = type;
  std::memcpy(head.magic, "ustar  ", sizeof head.magic);  // GNU's, because of the long names
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&head);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof head; ++i) sum += bytes[i];
  std::snprintf(head.checksum, sizeof head.checksum, "%06o", sum);
  Write(reinterpret_cast<const char*>(&head), sizeof head);
}

void Archive::AddFileHead(const std::string& name, uint64_t size) {
  const std::string path = folder_ + "/" + name;
  if (path.size() >= sizeof Head::name) {
    AddHead("././@LongLink", kLongName, path.size() + 1);
    Write(path.c_str(), path.size() + 1);
    Pad(path.size() + 1);
  }
  AddHead(path, kRegular, size);
}

void Archive::Add(const std::string& name, const std::string& content) {
  AddFileHead(name, content.size());
  for (size_t at = 0; at < content.size(); at += size_t{1} << 20) {
    Write(content.data() + at, std::min(content.size() - at, size_t{1} << 20));
  }
  Pad(content.size());
}

int64_t Archive::AddFile(const std::string& name, const std::string& path) {
  std::ifstream from(path, std::ios::binary | std::ios::ate);
  if (!from) return -1;
  const auto size = static_cast<int64_t>(from.tellg());
  if (size < 0) return -1;
  from.seekg(0);
  AddFileHead(name, static_cast<uint64_t>(size));
  std::string buffer(size_t{1} << 20, '\0');
  for (int64_t left = size; left > 0;) {
    const auto part = std::min(left, static_cast<int64_t>(buffer.size()));
    if (!from.read(buffer.data(), part)) {  // it shrank: the rest is zeros, as its size is written
      std::fill(buffer.begin(), buffer.end(), '\0');
    }
    Write(buffer.data(), static_cast<size_t>(part));
    left -= part;
  }
  Pad(static_cast<uint64_t>(size));
  return size;
}

void Archive::Commit() {
  const char zeros[2 * kBlock] = {};
  Write(zeros, sizeof zeros);
  if (gzclose(std::exchange(stream_, nullptr)) != Z_OK) {
    throw Failure("the archive cannot be written: the disk may be full");
  }
  file_.Commit();
}

}  // namespace pprof::command

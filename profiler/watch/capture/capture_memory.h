// All memory that the first part of a capture needs, taken and touched at the start of the watch:
// at its limit of memory a process gets nothing more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/labels/label_table.h"
#include "profiler/sys/files/file_writer.h"
#include "profiler/sys/modules/loaded_code.h"
#include "profiler/watch/capture/name_table.h"

namespace pprof::watch {

// The id of an address in the profile that is being written.
struct KnownLocation {
  uint64_t address;
  uint64_t id;  // 0: unused
};

// 4 MiB. All bytes zero is its first state. Thread safety: none.
struct CaptureMemory {
  static constexpr size_t kLocations = 65536;  // a power of two
  static constexpr size_t kModules = 1024;
  static constexpr size_t kZlibBytes = size_t{320} << 10;  // deflate takes 268 KB

  char file_buffer[sys::FileWriter::kBufferBytes];
  alignas(16) char zlib[kZlibBytes];
  char deflated[size_t{16} << 10];
  char copied[size_t{16} << 10];
  KnownLocation locations[kLocations];
  uint32_t label_strings[labels::kMaxLabelSets];  // by label set: index + 1 of its first string
  sys::LoadedCode modules[kModules];
  uint16_t by_address[kModules];  // indexes in `modules`
  char program[4096];             // the path of the executable
  char command_line[4096];        // without secrets, its arguments end with NULs
  size_t command_line_bytes;
  NameTable names;
};
static_assert(sizeof(CaptureMemory) < size_t{9} << 19);  // 4.5 MiB

}  // namespace pprof::watch

// Values of profiles and points in time, as people and file names need them.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace pprof::command {

// Bytes: "512 B", "1.5 KiB", "23.0 MiB".
std::string SizeText(int64_t bytes);

// A profile's value in its unit: bytes as above, "nanoseconds" as "1.25 s" or "310 ms", others as
// they are.
std::string ValueText(int64_t value, const std::string& unit);

// The local time as strftime writes it: "%H:%M:%S".
std::string LocalTimeText(time_t when, const char* form);

// The text as the name of a file: nothing in it is a folder.
std::string AsFileName(std::string text);

// This moment in UTC for the names of files: "20261122T182329Z".
std::string FileTimeText();

}  // namespace pprof::command

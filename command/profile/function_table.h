// A profile by function, as the pprof tool's -top counts it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "command/profile/profile_reader.h"

namespace pprof::command {

struct FunctionRow {
  std::string name;
  int64_t flat = 0;  // of samples in which it is innermost
  int64_t cum = 0;   // of samples in which it is at all, each counted once
  int64_t grew = 0;  // cum minus that of the table before
};

// A value.
struct FunctionTable {
  int64_t total = 0;
  std::map<std::string, FunctionRow> rows;  // by name
};

enum class SortBy { kFlat, kCum, kGrew };

FunctionTable TableOf(const ReadProfile& profile);

// Sets `grew` of every row. A function that is only in `before` has lost all it had.
void Compare(FunctionTable& now, const FunctionTable& before);

// The first `count` rows; ties by name, so that equal data gives equal text.
std::vector<FunctionRow> FirstRows(const FunctionTable& table, SortBy by, size_t count);

}  // namespace pprof::command

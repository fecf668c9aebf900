#include "command/profile/function_table.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace pprof::command {
namespace {

int64_t KeyOf(const FunctionRow& row, SortBy by) {
  if (by == SortBy::kFlat) return row.flat;
  return by == SortBy::kCum ? row.cum : row.grew;
}

}  // namespace

FunctionTable TableOf(const ReadProfile& profile) {
  FunctionTable table;
  const auto row = [&](uint32_t function) -> FunctionRow& {
    const std::string& name = profile.functions[function];
    FunctionRow& found = table.rows[name];
    found.name = name;
    return found;
  };
  for (const ReadProfile::Sample& sample : profile.samples) {
    table.total += sample.value;
    if (sample.stack.empty()) continue;
    row(sample.stack.front()).flat += sample.value;
    for (const uint32_t function : std::set<uint32_t>(sample.stack.begin(), sample.stack.end())) {
      row(function).cum += sample.value;
    }
  }
  return table;
}

void Compare(FunctionTable& now, const FunctionTable& before) {
  for (auto& [name, row] : now.rows) {
    const auto old = before.rows.find(name);
    row.grew = row.cum - (old == before.rows.end() ? 0 : old->second.cum);
  }
  for (const auto& [name, old] : before.rows) {
    if (now.rows.count(name) == 0 && old.cum != 0) now.rows[name] = {name, 0, 0, -old.cum};
  }
}

std::vector<FunctionRow> FirstRows(const FunctionTable& table, SortBy by, size_t count) {
  std::vector<FunctionRow> rows;
  for (const auto& [name, row] : table.rows) rows.push_back(row);
  std::stable_sort(rows.begin(), rows.end(), [by](const FunctionRow& a, const FunctionRow& b) {
    return std::tuple(KeyOf(a, by), a.cum) > std::tuple(KeyOf(b, by), b.cum);
  });
  if (rows.size() > count) rows.resize(count);
  return rows;
}

}  // namespace pprof::command

// Aligns columns like Go's text/tabwriter (minwidth 1, tabwidth 8, padding 1, padded with tabs).
#pragma once

#include <string>
#include <vector>

namespace pprof::encode {

// The cells of a line; the last cell belongs to no column.
using Row = std::vector<std::string>;

// The aligned lines, each with '\n'. A column is a run of adjacent rows that have it.
std::string AlignRows(const std::vector<Row>& rows);

}  // namespace pprof::encode

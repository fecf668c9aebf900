// Columns as Go's text/tabwriter makes them: (minwidth 1, tabwidth 8, padding 1, padded by tabs).
#pragma once

#include <string>
#include <vector>

namespace pprof::encode {

// One line of cells; the last cell of a line takes part in no column.
using Row = std::vector<std::string>;

// The lines, each with '\n'. A column is a run of neighbouring rows that have it.
std::string AlignRows(const std::vector<Row>& rows);

}  // namespace pprof::encode

#include "profiler/encode/tab_columns.h"

#include <algorithm>

namespace pprof::encode {
namespace {

constexpr size_t kTabWidth = 8;
constexpr size_t kPadding = 1;

// Counts characters: UTF-8 continuation bytes have no width.
size_t WidthOf(const std::string& cell) {
  return static_cast<size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// text/tabwriter's format(): a column's width applies to a block of rows; columns further right are
// laid out within that block.
class Aligner {
 public:
  explicit Aligner(const std::vector<Row>& rows) : rows_(rows), tabs_(rows.size()) {}

  std::string Run() {
    Layout(0, rows_.size(), 0);
    std::string text;
    for (size_t i = 0; i < rows_.size(); ++i) AppendRow(i, text);
    return text;
  }

 private:
  bool HasColumn(size_t row, size_t column) const { return column + 1 < rows_[row].size(); }

  // Computes the number of tabs after each cell of `column` in the rows [begin, end).
  // NOLINTNEXTLINE(misc-no-recursion): as deep as a line has cells
  void Layout(size_t begin, size_t end, size_t column) {
    for (size_t row = begin; row < end; ++row) {
      if (!HasColumn(row, column)) continue;
      size_t block_end = row;
      size_t width = 0;
      for (; block_end < end && HasColumn(block_end, column); ++block_end) {
        width = std::max(width, WidthOf(rows_[block_end][column]) + kPadding);
      }
      width = (width + kTabWidth - 1) / kTabWidth * kTabWidth;
      for (size_t i = row; i < block_end; ++i) {
        const size_t missing = width - WidthOf(rows_[i][column]);
        tabs_[i].push_back((missing + kTabWidth - 1) / kTabWidth);
      }
      Layout(row, block_end, column + 1);
      row = block_end - 1;
    }
  }

  void AppendRow(size_t row, std::string& text) const {
    for (size_t i = 0; i < rows_[row].size(); ++i) {
      text += rows_[row][i];
      if (i < tabs_[row].size()) text.append(tabs_[row][i], '\t');
    }
    text += '\n';
  }

  const std::vector<Row>& rows_;
  std::vector<std::vector<size_t>> tabs_;  // by row and column
};

}  // namespace

std::string AlignRows(const std::vector<Row>& rows) { return Aligner(rows).Run(); }

}  // namespace pprof::encode

#include "profiler/symbolize/dwarf/line_header.h"

#include <utility>

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/format/form.h"

namespace pprof::symbolize {
namespace {

constexpr uint32_t kEscape64 = 0xffffffff;

using EntryFormat = std::vector<std::pair<uint64_t, AttributeSpec>>;

EntryFormat ReadFormat(sys::ByteCursor& cursor) {
  EntryFormat format;
  const int count = cursor.U8();
  for (int i = 0; i < count && cursor.ok(); ++i) {
    const uint64_t content = cursor.Uleb();
    AttributeSpec spec;
    const uint64_t form = cursor.Uleb();
    spec.form = form > 0xffff ? 0 : static_cast<uint16_t>(form);
    format.emplace_back(content, spec);
  }
  return format;
}

std::string_view TextOf(const FormValue& value, const LineStrings& strings) {
  switch (value.kind) {
    case FormValue::kText:
      return value.text;
    case FormValue::kLineString:
      return sys::ByteCursor(strings.line_str.From(value.value)).CString();
    case FormValue::kString:
      return strings.str == nullptr ? std::string_view() : strings.str->CStringAt(value.value);
    default:
      return {};
  }
}

std::string Join(std::string_view base, std::string_view path) {
  if (base.empty() || (!path.empty() && path.front() == '/')) return std::string(path);
  std::string joined(base);
  if (joined.back() != '/') joined += '/';
  return joined.append(path);
}

}  // namespace

bool LineHeader::Parse(sys::Bytes program, const LineStrings& strings) {
  sys::ByteCursor cursor(program);
  uint64_t length = cursor.U32();
  const bool dwarf64 = length == kEscape64;
  if (dwarf64) length = cursor.U64();
  sys::ByteCursor body(cursor.Take(length));
  version_ = body.U16();
  if (!body.ok() || version_ < 2 || version_ > 5) return false;
  if (version_ >= 5) body.Skip(2);  // sizes of addresses and segment selectors
  const uint64_t header_length = body.Offset(dwarf64);
  sys::ByteCursor header(body.Take(header_length));
  instructions_ = body.Take(body.left());
  min_instruction_length_ = header.U8();
  if (version_ >= 4) header.Skip(1);  // operations per instruction: 1 except on VLIW machines
  header.Skip(1);                     // default of is_stmt
  line_base_ = static_cast<int8_t>(header.U8());
  line_range_ = header.U8();
  opcode_base_ = header.U8();
  if (!header.ok() || line_range_ == 0 || opcode_base_ == 0) return false;
  for (unsigned opcode = 1; opcode < opcode_base_; ++opcode) operand_counts_[opcode] = header.U8();
  if (version_ >= 5) return ParseVersion5(header, strings, dwarf64);
  ParseVersion2(header);
  return header.ok();
}

bool LineHeader::ParseVersion5(sys::ByteCursor& cursor, const LineStrings& strings, bool dwarf64) {
  const Encoding encoding{version_, 8, dwarf64};
  for (std::vector<Entry>* table : {&directories_, &files_}) {
    const EntryFormat format = ReadFormat(cursor);
    const uint64_t count = cursor.Uleb();
    // Each entry has at least one byte; a format without any is damage.
    if (!cursor.ok() || count > cursor.left() || (format.empty() && count > 0)) return false;
    table->reserve(count);
    for (uint64_t i = 0; i < count && cursor.ok(); ++i) {
      Entry entry;
      for (const auto& [content, spec] : format) {
        const FormValue value = ReadForm(cursor, spec, encoding);
        if (content == dwarf::kLinePath) entry.path = TextOf(value, strings);
        if (content == dwarf::kLineDirectoryIndex) entry.directory = value.value;
      }
      table->push_back(entry);
    }
  }
  return cursor.ok();
}

// Up to version 4 both lists start at 1; entry 0 is the compilation directory.
void LineHeader::ParseVersion2(sys::ByteCursor& cursor) {
  directories_.emplace_back();
  files_.emplace_back();
  for (auto path = cursor.CString(); !path.empty(); path = cursor.CString()) {
    directories_.push_back({path, 0});
  }
  for (auto path = cursor.CString(); !path.empty(); path = cursor.CString()) {
    const uint64_t directory = cursor.Uleb();
    cursor.Uleb();  // modification time
    cursor.Uleb();  // size
    files_.push_back({path, directory});
  }
}

std::string LineHeader::FileName(uint64_t index, std::string_view comp_dir) const {
  if (index >= files_.size() || files_[index].path.empty()) return {};
  const Entry& file = files_[index];
  if (file.path.front() == '/') return std::string(file.path);
  std::string_view directory;
  if (file.directory < directories_.size()) directory = directories_[file.directory].path;
  return Join(Join(comp_dir, directory), file.path);
}

}  // namespace pprof::symbolize

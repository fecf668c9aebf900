// Escapes text from symbols and labels for a line of the text form.
#pragma once

#include <string>
#include <string_view>

namespace pprof::encode {

// `text` as UTF-8 with line breaks and other control characters replaced by blanks.
std::string OneLine(std::string_view text);

// `text` in double quotes, escaped like Go's %q.
std::string Quoted(std::string_view text);

}  // namespace pprof::encode

// Text from symbols and labels inside a line of the text form.
#pragma once

#include <string>
#include <string_view>

namespace pprof::encode {

// `text` as UTF-8 without line breaks and other control characters (each becomes a blank).
std::string OneLine(std::string_view text);

// `text` in double quotes, escaped as Go's %q does.
std::string Quoted(std::string_view text);

}  // namespace pprof::encode

// Text from outside, made fit for one line of a log or a journal. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

// Without blanks at the ends, and with a space for each character that would do something instead of being seen:
// control characters (also C1, the escape sequences of a terminal), separators of lines and paragraphs, marks that turn
// the direction of writing. A byte that is not UTF-8 becomes '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace gateway

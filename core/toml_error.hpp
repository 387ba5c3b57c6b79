// What is wrong with a file that is no TOML, in the words of whoever typed it. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

struct TomlError {
  std::string what;
  std::string remedy;
};

// `line`: where the parser gave up, 1 is the first. `description`: the parser's own words, kept where nothing better is
// known. Looks at the line too: most of what an input method or a word processor leaves there has one cause.
[[nodiscard]] TomlError explain_toml_error(std::string_view text, std::uint32_t line, std::string_view description);

}  // namespace gateway

// Asks a person on the terminal before something is done that can't be taken back.
#pragma once

#include <string>

namespace gateway {

// `yes`: --yes was given, nobody is asked. Where there is no terminal the answer is no, and how to say yes is told.
[[nodiscard]] bool confirmed(bool yes, const std::string& question);

}  // namespace gateway

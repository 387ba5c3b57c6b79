#include "firmware-gateway/app/confirm.hpp"

#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

namespace gateway {

bool confirmed(bool yes, const std::string& question) {
  if (yes) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    fmt::print(stderr, "{} Say --yes to do it without being asked.\n", question);
    return false;
  }
  fmt::print("{} [y/N] ", question);
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace gateway

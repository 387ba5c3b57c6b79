// What went wrong, as a value: a std::error_code that policy can be decided on, and a short context for the person who
// reads it. Expected<T> crosses folders; exceptions of a library end in the file that includes that library.
#pragma once

#include <expected>
#include <string>
#include <system_error>
#include <utility>

namespace gateway {

struct Error {
  std::error_code code;
  std::string context;  // what was being done, and to what: "connect 10.0.0.7:502"

  [[nodiscard]] std::string message() const {
    if (context.empty()) return code.message();
    return context + ": " + code.message();
  }
};

template <class T>
using Expected = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> failure(std::error_code code, std::string context) {
  return std::unexpected(Error{code, std::move(context)});
}
[[nodiscard]] inline std::unexpected<Error> failure(std::errc code, std::string context) {
  return failure(std::make_error_code(code), std::move(context));
}

}  // namespace gateway

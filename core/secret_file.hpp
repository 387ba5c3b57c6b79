// A password or token in a file of its own, one line, read when it is asked for, so that a new one counts without a
// restart. The secret is in no message. For one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/error.hpp"

namespace gateway {

class SecretFile {
 public:
  SecretFile() = default;
  explicit SecretFile(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] bool given() const noexcept { return !path_.empty(); }
  // Without the line end. Errors: what the system says when it can't be read; invalid_argument when it is empty or of
  // several lines (a line break in a secret could write headers of its own).
  [[nodiscard]] Expected<std::string> read();
  // The file is another one than read() last saw.
  [[nodiscard]] bool changed() const;

 private:
  struct Version {
    std::filesystem::file_time_type time{};
    std::uintmax_t size = 0;
    bool operator==(const Version&) const = default;
  };
  [[nodiscard]] Version version() const;

  std::filesystem::path path_;
  Version seen_;
};

}  // namespace gateway

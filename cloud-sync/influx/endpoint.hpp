// Where a sink is and how it is asked: its URL taken apart, the write API's path and query, the Authorization header
// from its secret files. For one thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

struct Endpoint {
  bool tls = false;
  std::string host;    // IPv6 without its brackets
  std::string port;    // "8086"
  std::string target;  // "/write?db=energy&precision=ms"

  [[nodiscard]] std::string authority() const;  // for the Host header
};

// Error: invalid_argument when the URL is none.
[[nodiscard]] Expected<Endpoint> endpoint_of(const Sink& sink);
[[nodiscard]] std::string percent_encoded(std::string_view text);

// Reads the sink's secret when asked for it, and again when the file has changed. The secret is in no message.
class Authorization {
 public:
  explicit Authorization(const Sink& sink) : sink_(sink) {}

  // The header's value; "" when the sink has no secret. Error: the file can't be read, or is empty.
  [[nodiscard]] Expected<std::string> header();
  // The file is another one than header() last saw.
  [[nodiscard]] bool changed() const;

 private:
  struct Version {
    std::filesystem::file_time_type time{};
    std::uintmax_t size = 0;
    bool operator==(const Version&) const = default;
  };
  [[nodiscard]] const std::filesystem::path& file() const noexcept {
    return sink_.kind == Sink::Kind::influx1 ? sink_.password_file : sink_.token_file;
  }
  [[nodiscard]] Version version() const;

  const Sink& sink_;
  Version seen_;
};

}  // namespace gateway

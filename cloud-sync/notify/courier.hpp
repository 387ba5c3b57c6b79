// Carries one message to a web address or a mail server, with libcurl. Blocks until it is answered or the time is up.
// TLS is always checked, name and chain. Redirects are not followed: a message goes where site.toml says.
// For one thread; make one for each.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gateway {

struct Reply {
  enum class Outcome : std::uint8_t {
    taken,
    try_again,        // not there, too slow, too busy
    refused_message,  // this message will never be taken
    refused_us,       // address, password, rights, certificate: somebody has to mend the configuration
  };
  Outcome outcome{};
  std::string said;  // what the far end said, or what went wrong, for people: one line
  std::optional<std::chrono::seconds> retry_after;
  long status = 0;   // HTTP or SMTP; 0: none
  std::string body;  // HTTP, 4 kB at most
  // Mail: the server takes the log-in, and refuses this sender or recipient; a mail to another may pass.
  bool of_recipient = false;
  std::string left_out = {};  // taken by some recipients only: who did not get it, and why, for people: one line
};

struct HttpPost {
  std::string url;
  std::vector<std::string> headers;  // "Content-Type: application/json"
  std::string body;
};

struct Mail {
  std::string url;  // smtp://: STARTTLS is required; smtps://
  std::string user, password;
  std::string from;
  std::vector<std::string> to;
  std::string text;  // headers and body
};

class Courier {
 public:
  // stopping: ends what is under way within a second. ca_file empty: the system's authorities.
  Courier(const std::filesystem::path& ca_file, std::chrono::nanoseconds timeout, const std::atomic<bool>& stopping);
  ~Courier();

  [[nodiscard]] Reply post(const HttpPost& request);
  [[nodiscard]] Reply send(const Mail& mail);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

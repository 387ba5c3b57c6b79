// What only a far end should know of what we sent it: secrets, and the path and query of its address, which are the
// secret of many a webhook. A far end may repeat all of it ("Cannot POST /services/T/B/..."), and its words are kept,
// logged and shown to everybody who may look at a page. So they are taken out before. For one thread, or none that
// writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// Scheme, host and port: what may be repeated of an address that may be wrong in any way.
[[nodiscard]] std::string_view host_of_address(std::string_view url) noexcept;
// Without query and fragment: what pages may show of an address that was checked.
[[nodiscard]] std::string_view without_query(std::string_view url) noexcept;

class Confidential {
 public:
  // Itself, and as it stands in a URL. What is shorter than four bytes is no secret.
  void add_secret(std::string_view secret);
  // Its path and its query, as a whole and by their parts: a page shows them encoded in one way or another. Parts of
  // less than eight bytes are words like "write" or "db=energy".
  void add_address(std::string_view url);
  // `text` with [...] in the place of each; also of one that is cut off at the end.
  [[nodiscard]] std::string taken_out_of(std::string_view text) const;

 private:
  void add(std::string_view word);

  std::vector<std::string> words_;  // longest first
};

}  // namespace gateway

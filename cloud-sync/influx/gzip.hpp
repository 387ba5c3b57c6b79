// gzip (RFC 1952), in memory. A compressor keeps its working memory from one call to the next. For one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace gateway {

class GzipCompressor {
 public:
  explicit GzipCompressor(int level);  // 1 (fast) to 9; throws std::bad_alloc
  ~GzipCompressor();
  GzipCompressor(GzipCompressor&&) noexcept;
  GzipCompressor& operator=(GzipCompressor&&) noexcept;

  // One whole gzip member, made so that join_gzip() can put another behind it; valid until the next call.
  [[nodiscard]] std::span<const std::byte> compress(std::string_view text);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<std::byte> out_;
};

// Puts the text of `member` behind that of `body`, in one member: without unpacking anything, because what
// GzipCompressor makes ends at the end of a byte. Readers that stop after the first member (Rust's GzDecoder, and with
// it servers of the InfluxDB 3 family) would take the first row of several, say 204, and lose the rest. False, and
// nothing changed, when one of the two was not made by GzipCompressor. An empty body becomes the member.
[[nodiscard]] bool join_gzip(std::vector<std::byte>& body, std::span<const std::byte> member);

// One member or several in a row. Errors: bad_message (damaged, or more than `limit` bytes of text).
[[nodiscard]] Expected<std::string> gunzip(std::span<const std::byte> body, std::size_t limit);

}  // namespace gateway

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

  // One whole gzip member; valid until the next call.
  [[nodiscard]] std::span<const std::byte> compress(std::string_view text);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<std::byte> out_;
};

// One member or several in a row. Errors: bad_message (damaged, or more than `limit` bytes of text).
[[nodiscard]] Expected<std::string> gunzip(std::span<const std::byte> body, std::size_t limit);

}  // namespace gateway

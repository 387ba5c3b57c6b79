#include "cloud-sync/influx/gzip.hpp"

#include <new>

#include <zlib.h>

namespace gateway {
namespace {

constexpr int gzip_window = 15 + 16;  // the largest window; 16 asks zlib for gzip instead of zlib framing

Bytef* bytes(const void* from) { return static_cast<Bytef*>(const_cast<void*>(from)); }

}  // namespace

struct GzipCompressor::Stream {
  z_stream zlib{};
  ~Stream() { deflateEnd(&zlib); }
};

GzipCompressor::GzipCompressor(int level) : stream_(std::make_unique<Stream>()) {
  if (deflateInit2(&stream_->zlib, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}
GzipCompressor::~GzipCompressor() = default;
GzipCompressor::GzipCompressor(GzipCompressor&&) noexcept = default;
GzipCompressor& GzipCompressor::operator=(GzipCompressor&&) noexcept = default;

std::span<const std::byte> GzipCompressor::compress(std::string_view text) {
  z_stream& zlib = stream_->zlib;
  deflateReset(&zlib);
  out_.resize(std::max<std::size_t>(out_.size(), deflateBound(&zlib, static_cast<uLong>(text.size()))));
  zlib.next_in = bytes(text.data());
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = bytes(out_.data());
  zlib.avail_out = static_cast<uInt>(out_.size());
  deflate(&zlib, Z_FINISH);  // can't fail: the room is what deflateBound asks for
  return {out_.data(), out_.size() - zlib.avail_out};
}

Expected<std::string> gunzip(std::span<const std::byte> body, std::size_t limit) {
  z_stream zlib{};
  if (inflateInit2(&zlib, gzip_window) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&zlib, inflateEnd);
  const auto damaged = [] { return failure(std::errc::bad_message, "gunzip"); };
  std::string text;
  zlib.next_in = bytes(body.data());
  zlib.avail_in = static_cast<uInt>(body.size());
  int result = body.empty() ? Z_STREAM_END : Z_OK;
  while (result != Z_STREAM_END || zlib.avail_in > 0) {
    if (result == Z_STREAM_END) inflateReset(&zlib);  // the next member
    const std::size_t before = text.size();
    if (before > limit) return damaged();
    text.resize(before + std::max<std::size_t>(4096, 6 * static_cast<std::size_t>(zlib.avail_in)));
    zlib.next_out = bytes(text.data() + before);
    zlib.avail_out = static_cast<uInt>(text.size() - before);
    result = inflate(&zlib, Z_NO_FLUSH);
    text.resize(text.size() - zlib.avail_out);
    if (result != Z_OK && result != Z_STREAM_END) return damaged();
    if (result == Z_OK && text.size() == before && zlib.avail_in == 0) return damaged();
  }
  if (text.size() > limit) return damaged();
  return text;
}

}  // namespace gateway

#include "cloud-sync/influx/gzip.hpp"

#include <array>
#include <cstring>
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
  constexpr std::size_t flush_room = 16;
  out_.resize(std::max<std::size_t>(out_.size(), deflateBound(&zlib, static_cast<uLong>(text.size())) + flush_room));
  zlib.next_in = bytes(text.data());
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = bytes(out_.data());
  zlib.avail_out = static_cast<uInt>(out_.size());
  // Can't fail: the room is what deflateBound asks for, and some. The flush ends the text at the end of a byte, the
  // finish adds an empty last block, which is always the same two bytes.
  deflate(&zlib, Z_SYNC_FLUSH);
  deflate(&zlib, Z_FINISH);
  return {out_.data(), out_.size() - zlib.avail_out};
}

namespace {

// A member of GzipCompressor's: a plain header, blocks that end with those of Z_SYNC_FLUSH and Z_FINISH, CRC and
// length.
constexpr std::size_t header_size = 10;
constexpr std::size_t trailer_size = 8;
constexpr std::array<unsigned char, 4> plain_header{0x1F, 0x8B, Z_DEFLATED, 0};
constexpr std::array<unsigned char, 6> last_blocks{0x00, 0x00, 0xFF, 0xFF, 0x03, 0x00};
constexpr std::size_t empty_block_size = 2;

bool joinable(std::span<const std::byte> member) {
  if (member.size() < header_size + last_blocks.size() + trailer_size) return false;
  return std::memcmp(member.data(), plain_header.data(), plain_header.size()) == 0 &&
         std::memcmp(member.data() + member.size() - trailer_size - last_blocks.size(), last_blocks.data(),
                     last_blocks.size()) == 0;
}

std::uint32_t number_at(std::span<const std::byte> from, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | static_cast<std::uint32_t>(from[at + i]);
  return number;
}

void append_number(std::vector<std::byte>& to, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<std::byte>(number >> shift & 0xFFU));
}

}  // namespace

bool join_gzip(std::vector<std::byte>& body, std::span<const std::byte> member) {
  if (body.empty()) {
    body.assign(member.begin(), member.end());
    return true;
  }
  if (!joinable(body) || !joinable(member)) return false;
  const std::size_t body_end = body.size() - trailer_size;
  const std::size_t member_end = member.size() - trailer_size;
  const std::uint32_t length = number_at(member, member_end + 4);
  const auto crc = static_cast<std::uint32_t>(
      crc32_combine(number_at(body, body_end), number_at(member, member_end), static_cast<z_off_t>(length)));
  const std::uint32_t whole = number_at(body, body_end + 4) + length;
  body.resize(body_end - empty_block_size);
  body.insert(body.end(), member.begin() + header_size, member.begin() + static_cast<std::ptrdiff_t>(member_end));
  append_number(body, crc);
  append_number(body, whole);
  return true;
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

#include "firmware-gateway/web/assets.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <zlib.h>

namespace gateway {
namespace {

constexpr std::size_t largest_inflated = 32u << 20;

std::string_view content_type(std::string_view name) noexcept {
  struct Type {
    std::string_view ending;
    std::string_view type;
  };
  static constexpr std::array<Type, 12> types{{{".html", "text/html; charset=utf-8"},
                                               {".js", "text/javascript; charset=utf-8"},
                                               {".css", "text/css; charset=utf-8"},
                                               {".svg", "image/svg+xml"},
                                               {".json", "application/json"},
                                               {".webmanifest", "application/manifest+json"},
                                               {".png", "image/png"},
                                               {".ico", "image/x-icon"},
                                               {".woff2", "font/woff2"},
                                               {".mp3", "audio/mpeg"},
                                               {".wav", "audio/wav"},
                                               {".txt", "text/plain; charset=utf-8"}}};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

std::optional<std::string> inflate_gzip(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() < largest_inflated) {
    constexpr std::size_t step = std::size_t{64} * 1024;
    const auto before = out.size();
    out.resize(before + step);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = step;
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

std::string etag_of(std::string_view bytes) {
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  std::array<char, 40> text;
  auto end = std::to_chars(text.data(), text.data() + 16, crc, 16).ptr;
  *end++ = '-';
  end = std::to_chars(end, text.data() + text.size(), bytes.size(), 16).ptr;
  return '"' + std::string(text.data(), end) + '"';
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls fn with every element of a comma-separated header.
template <class Fn>
void each_element(std::string_view list, Fn&& fn) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    fn(trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  bool found = false;
  each_element(if_none_match, [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) found = true;
  });
  return found;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  bool accepted = false;
  each_element(accept_encoding, [&](std::string_view element) {
    const auto semicolon = element.find(';');
    if (trimmed(element.substr(0, semicolon)) != "gzip") return;
    accepted = true;
    if (semicolon == std::string_view::npos) return;
    const auto weight = trimmed(element.substr(semicolon + 1));
    if (weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos) accepted = false;
  });
  return accepted;
}

Assets::Assets(std::span<const EmbeddedFile> files) {
  for (const auto& file : files) {
    if (file.name.ends_with(".pack")) {
      add_pack(file.content());
    } else {
      add(file.name, file.content());
    }
  }
}

void Assets::add(std::string_view name, std::string_view bytes) {
  File file{bytes, name.ends_with(".gz"), etag_of(bytes)};
  if (file.gzipped) name.remove_suffix(3);
  const std::string path = '/' + std::string{name};
  if (path == "/index.html") files_["/"] = file;
  files_[path] = std::move(file);
}

// [name length: 4 bytes, little endian][name][size: 4 bytes][bytes], again and again. A pack that ends early is a
// build that went wrong: what is whole is served.
void Assets::add_pack(std::string_view pack) {
  const auto take = [&](std::size_t size) -> std::optional<std::string_view> {
    if (pack.size() < size) return std::nullopt;
    const auto part = pack.substr(0, size);
    pack.remove_prefix(size);
    return part;
  };
  const auto take_sized = [&]() -> std::optional<std::string_view> {
    const auto size_bytes = take(4);
    if (!size_bytes) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>((*size_bytes)[i]);
    return take(size);
  };
  while (!pack.empty()) {
    const auto name = take_sized();
    const auto bytes = name ? take_sized() : std::nullopt;
    if (!bytes) return;
    add(*name, *bytes);
  }
}

HttpResponse Assets::respond(const HttpRequest& request) const {
  const auto found = files_.find(request.path());
  if (found == files_.end())
    return error_response(404, "not_found", "nothing is served at " + std::string{request.path().substr(0, 200)});
  const auto& [path, file] = *found;
  const bool as_it_is = !file.gzipped || accepts_gzip(request.accept_encoding);
  // The inflated form is another representation and needs a tag of its own (RFC 9110, 8.8.3.3).
  const auto etag = as_it_is ? file.etag : file.etag.substr(0, file.etag.size() - 1) + "-plain\"";
  HttpResponse response;
  response.content_type = path == "/" ? content_type(".html") : content_type(path);
  response.headers.emplace_back("ETag", etag);
  // Vite puts a hash of the content into every name under assets/; the rest is asked for again each time.
  response.headers.emplace_back("Cache-Control",
                                path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  if (file.gzipped) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (matches(request.if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  if (as_it_is) {
    response.embedded = file.bytes;
    if (file.gzipped) response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
  }
  auto plain = inflate_gzip(file.bytes);
  if (!plain) return error_response(500, "damaged", "the file in the program is damaged");
  response.body = std::move(*plain);
  return response;
}

}  // namespace gateway

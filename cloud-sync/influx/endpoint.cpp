#include "cloud-sync/influx/endpoint.hpp"

#include <array>
#include <fstream>

#include <openssl/evp.h>

namespace gateway {
namespace {

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~"}.contains(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

std::string Endpoint::authority() const {
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

Expected<Endpoint> endpoint_of(const Sink& sink) {
  const auto wrong = [&] { return failure(std::errc::invalid_argument, "sink " + sink.id + ": URL " + sink.url); };
  std::string_view rest = sink.url;
  Endpoint endpoint;
  if (rest.starts_with("https://")) {
    endpoint.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong();
  }
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  std::string path{slash == std::string_view::npos ? std::string_view{} : rest.substr(slash)};
  while (path.ends_with('/')) path.pop_back();
  if (path.contains('?') || path.contains('#') || path.contains(' ') || authority.contains('@')) return wrong();
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return wrong();
    endpoint.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    endpoint.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(endpoint.host.size());
  }
  if (endpoint.host.empty()) return wrong();
  endpoint.port = endpoint.tls ? "443" : "80";
  if (authority.starts_with(':') && authority.size() > 1) {
    endpoint.port = authority.substr(1);
  } else if (!authority.empty()) {
    return wrong();
  }
  if (endpoint.port.find_first_not_of("0123456789") != std::string::npos) return wrong();
  switch (sink.kind) {
    case Sink::Kind::influx1:
      endpoint.target = path + "/write?db=" + percent_encoded(sink.database);
      break;
    case Sink::Kind::influx2:
      endpoint.target =
          path + "/api/v2/write?org=" + percent_encoded(sink.organisation) + "&bucket=" + percent_encoded(sink.bucket);
      break;
  }
  endpoint.target += "&precision=ms";
  return endpoint;
}

Authorization::Version Authorization::version() const {
  std::error_code error;
  Version version;
  version.time = std::filesystem::last_write_time(file(), error);
  if (error) return {};
  version.size = std::filesystem::file_size(file(), error);
  return version;
}

bool Authorization::changed() const { return !file().empty() && version() != seen_; }

Expected<std::string> Authorization::header() {
  std::string secret;
  if (!file().empty()) {
    seen_ = version();
    std::ifstream in(file(), std::ios::binary);
    if (!in) return failure(std::errc::permission_denied, file().string());
    std::array<char, 4096> content{};
    in.read(content.data(), content.size());
    secret.assign(content.data(), static_cast<std::size_t>(in.gcount()));
    while (!secret.empty() && static_cast<unsigned char>(secret.back()) <= ' ') secret.pop_back();
    // A line break inside would let the file write headers of its own.
    if (secret.empty() || secret.find_first_of("\r\n") != std::string::npos)
      return failure(std::errc::invalid_argument, file().string() + " should hold the secret, in one line");
  }
  if (sink_.kind == Sink::Kind::influx1)
    return sink_.user.empty() ? std::string{} : "Basic " + base64(sink_.user + ":" + secret);
  return secret.empty() ? std::string{} : "Token " + secret;
}

}  // namespace gateway

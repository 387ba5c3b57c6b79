#include "cloud-sync/influx/endpoint.hpp"

#include <optional>

#include <openssl/evp.h>

#include "core/percent_encoding.hpp"

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

std::string Endpoint::authority() const {
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

namespace {

struct Address {
  Endpoint endpoint;
  std::string path;   // without a slash at the end
  std::string query;  // without the '?'
};

std::optional<Address> address_of(std::string_view url) {
  Address address;
  Endpoint& endpoint = address.endpoint;
  if (url.starts_with("https://")) {
    endpoint.tls = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  std::string_view authority = url.substr(0, url.find_first_of("/?"));
  url.remove_prefix(authority.size());
  address.path = url.substr(0, url.find('?'));
  if (address.path.size() < url.size()) address.query = url.substr(address.path.size() + 1);
  while (address.path.ends_with('/')) address.path.pop_back();
  if (url.contains('#') || url.contains(' ') || authority.contains('@')) return std::nullopt;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    endpoint.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    endpoint.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(endpoint.host.size());
  }
  if (endpoint.host.empty()) return std::nullopt;
  endpoint.port = endpoint.tls ? "443" : "80";
  if (authority.starts_with(':') && authority.size() > 1) {
    endpoint.port = authority.substr(1);
  } else if (!authority.empty()) {
    return std::nullopt;
  }
  if (endpoint.port.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return address;
}

// The write API of the kind, behind the path that the site gives (a prefix of a proxy, a tenant). Sources: DOMAIN 5.2
// and 5.4. Timestamps are always milliseconds: what every engine keeps.
std::string target_of(const Sink& sink, const Address& address) {
  const auto one = [](std::string_view key, const std::string& value) {
    return value.empty() ? std::string{} : "&" + std::string{key} + "=" + percent_encoded(value);
  };
  const std::string& path = address.path;
  switch (sink.kind) {
    case Sink::Kind::influx1:
      return path + "/write?precision=ms" + one("db", sink.database);
    case Sink::Kind::influx2:
      return path + "/api/v2/write?precision=ms" + one("org", sink.organisation) + one("bucket", sink.bucket);
    case Sink::Kind::influx3:
      // All or nothing: a refusal changes nothing, and the lines of a split are stored once.
      return path + "/api/v3/write_lp?precision=millisecond&accept_partial=false&no_sync=false" +
             one("db", sink.database);
    case Sink::Kind::victoriametrics:
      return path + "/write?precision=ms" + one("db", sink.database);
    case Sink::Kind::questdb:
      return path + "/write?precision=ms";
    case Sink::Kind::greptimedb:
      return path + "/v1/influxdb/api/v2/write?precision=ms" + one("bucket", sink.database);
    case Sink::Kind::tdengine:
      return path + "/influxdb/v1/write?precision=ms" + one("db", sink.database);
    case Sink::Kind::line_protocol:
    case Sink::Kind::mqtt:
      break;
  }
  const std::string whole = path.empty() ? "/" : path;
  return address.query.empty() ? whole : whole + "?" + address.query;
}

}  // namespace

Expected<Endpoint> endpoint_of(const Sink& sink) {
  auto address = address_of(sink.url);
  if (!address || (!address->query.empty() && sink.kind != Sink::Kind::line_protocol))
    return failure(std::errc::invalid_argument, "sink " + sink.id + ": URL " + std::string{host_of_address(sink.url)});
  address->endpoint.target = target_of(sink, *address);
  return std::move(address->endpoint);
}

Authorization::Authorization(const Sink& sink)
    : sink_(sink), file_(sink.token_file.empty() ? sink.password_file : sink.token_file) {
  confidential_.add_address(sink.url);
}

Expected<std::string> Authorization::header() {
  if (!file_.given()) return std::string{};
  const auto secret = file_.read();
  if (!secret) return std::unexpected(secret.error());
  const std::string login = sink_.user + ":" + *secret;
  confidential_ = {};
  confidential_.add_address(sink_.url);
  confidential_.add_secret(*secret);
  confidential_.add_secret(base64(login));
  switch (sink_.kind) {
    case Sink::Kind::influx2:
      return "Token " + *secret;
    case Sink::Kind::greptimedb:
      return "token " + login;
    case Sink::Kind::line_protocol:
      return sink_.user.empty() ? sink_.token_scheme + " " + *secret : "Basic " + base64(login);
    default:
      return sink_.user.empty() ? "Bearer " + *secret : "Basic " + base64(login);
  }
}

}  // namespace gateway

#include "cloud-sync/influx/write_client.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <type_traits>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "cloud-sync/influx/endpoint.hpp"
#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/tls.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;

constexpr std::size_t longest_answer = 64 * 1024;
constexpr std::size_t longest_plain_body = 64 << 20;

auto into(beast::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

Error error_of(const beast::error_code& code, std::string context) {
  if (code == beast::error::timeout || code == asio::error::operation_aborted)
    return {std::make_error_code(std::errc::timed_out), std::move(context)};
  return {code, std::move(context)};
}

}  // namespace

struct WriteClient::Impl {
  using Plain = beast::tcp_stream;
  using Secure = beast::ssl_stream<beast::tcp_stream>;
  using Request = http::request<http::span_body<const char>>;

  asio::any_io_executor executor;
  const Sink& sink;
  Expected<Endpoint> endpoint;
  Authorization authorization;
  std::unique_ptr<ssl::context> tls;
  std::unique_ptr<Plain> plain;
  std::unique_ptr<Secure> secure;
  beast::flat_buffer buffer;
  NameLookup lookup;
  std::chrono::steady_clock::time_point deadline;
  std::uint16_t port = 0;
  asio::ip::address address;              // of the connection
  std::optional<asio::ip::address> mute;  // took the last connection that got no answer: it is tried last
  bool closing = false;                   // this request

  Impl(asio::any_io_executor the_executor, const Sink& the_sink, NameLookup::Find find)
      : executor(std::move(the_executor)),
        sink(the_sink),
        endpoint(endpoint_of(the_sink)),
        authorization(the_sink),
        lookup(executor, std::move(find)) {}

  void drop() {
    plain.reset();
    secure.reset();
    buffer.clear();
  }
  [[nodiscard]] bool connected() const { return plain || secure; }

  // Until one of the addresses takes the connection, and has shown its certificate where there is TLS. `stream`: a new
  // one for each.
  template <class Stream, class Make>
  asio::awaitable<Expected<void>> connect_to_any(std::unique_ptr<Stream>& stream, Make make) {
    auto found = co_await lookup.find(endpoint->host, deadline);
    if (!found) co_return std::unexpected(found.error());
    std::ranges::stable_partition(*found, [this](const auto& one) { return one != mute; });
    Error why = failed("connect", asio::error::host_not_found);
    for (std::size_t i = 0; i < found->size() && !closing; ++i) {
      stream = make();
      address = (*found)[i];
      const auto now = std::chrono::steady_clock::now();
      auto ready = co_await connect_to(*stream, now + (deadline - now) / static_cast<long>(found->size() - i));
      if (ready) co_return ready;
      drop();
      // A certificate that is wrong says more than an address that is silent.
      if (why.code != std::errc::permission_denied) why = ready.error();
    }
    if (closing) co_return failure(std::errc::operation_canceled, "connect " + endpoint->host);
    co_return std::unexpected(why);
  }

  template <class Stream>
  asio::awaitable<Expected<void>> connect_to(Stream& stream, std::chrono::steady_clock::time_point until) {
    auto& below = beast::get_lowest_layer(stream);
    below.expires_at(until);
    beast::error_code error;
    co_await below.async_connect(tcp::endpoint{address, port}, into(error));
    if (error) co_return std::unexpected(failed("connect", error));
    if constexpr (std::is_same_v<Stream, Secure>) {
      if (auto ready = expect_host(stream.native_handle(), endpoint->host, sink); !ready) co_return ready;
      below.expires_at(until);
      co_await stream.async_handshake(ssl::stream_base::client, into(error));
      // Before a word is said: neither the secret nor a reading goes to somebody else.
      const auto doubt = certificate_problem(stream.native_handle(), sink);
      // One that was cut before a certificate came is no certificate's fault.
      if (error && (error == beast::error::timeout || doubt.empty() ||
                    SSL_get_verify_result(stream.native_handle()) == X509_V_OK))
        co_return std::unexpected(failed("TLS handshake", error));
      if (!doubt.empty())
        co_return failure(std::errc::permission_denied,
                          endpoint->host + ":" + endpoint->port + ": certificate refused: " + doubt);
    }
    co_return Expected<void>{};
  }

  asio::awaitable<Expected<void>> connect() {
    const auto& text = endpoint->port;
    if (const auto read = std::from_chars(text.data(), text.data() + text.size(), port); read.ec != std::errc{})
      co_return failure(std::errc::invalid_argument, "port " + text);
    if (!endpoint->tls) co_return co_await connect_to_any(plain, [this] { return std::make_unique<Plain>(executor); });
    // Made anew for each connection: a renewed ca_file counts without a restart.
    auto context = tls_context(sink);
    if (!context) co_return std::unexpected(context.error());
    tls = std::make_unique<ssl::context>(std::move(*context));
    co_return co_await connect_to_any(secure, [this] { return std::make_unique<Secure>(executor, *tls); });
  }

  [[nodiscard]] Error failed(std::string_view what, const beast::error_code& error) const {
    return error_of(error, std::string{what} + " " + endpoint->host + ":" + endpoint->port);
  }

  template <class Stream>
  asio::awaitable<Expected<WriteAnswer>> exchange(Stream& stream, Request& request) {
    const std::string what = "write to " + endpoint->host + ":" + endpoint->port;
    beast::get_lowest_layer(stream).expires_at(deadline);
    beast::error_code error;
    co_await http::async_write(stream, request, into(error));
    // A server that refuses early answers and closes while we still write: its answer counts, not the broken pipe.
    if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset)
      co_return std::unexpected(error_of(error, what));
    const bool cut = static_cast<bool>(error);
    error = {};
    http::response_parser<http::string_body> parser;
    parser.body_limit(longest_answer);
    co_await http::async_read(stream, buffer, parser, into(error));
    // Of a body that did not arrive whole nobody can say that it is stored.
    const bool success = parser.is_header_done() && parser.get().result_int() / 100 == 2;
    if (cut && success) co_return failure(std::errc::connection_reset, what);
    if (error && !(parser.is_header_done() && error == http::error::body_limit))
      co_return std::unexpected(error_of(error, what));
    const auto& response = parser.get();
    WriteAnswer answer{.kind = sink.kind,
                       .status = response.result_int(),
                       .content_type = std::string{response[http::field::content_type]},
                       .retry_after = std::string{response[http::field::retry_after]},
                       .body = authorization.confidential().taken_out_of(response.body()),
                       .proven = endpoint->tls};
    // What came behind the answer would pass for the next one.
    if (cut || error || !response.keep_alive() || buffer.size() > 0) drop();
    co_return answer;
  }

  asio::awaitable<Expected<WriteAnswer>> once(Request& request) {
    if (!connected()) {
      if (auto done = co_await connect(); !done) co_return std::unexpected(done.error());
    }
    auto answer = co_await ask(request);
    if (answer) {
      mute.reset();
    } else {
      mute = address;
      drop();
    }
    co_return answer;
  }

  asio::awaitable<Expected<WriteAnswer>> ask(Request& request) {
    // Not `plain ? co_await ... : co_await ...`: GCC 12 destroys the wrong operand's temporaries.
    if (plain) co_return co_await exchange(*plain, request);
    co_return co_await exchange(*secure, request);
  }

  // Something came unasked since the last answer: a proxy's farewell, or an answer too many.
  [[nodiscard]] bool spoken_unasked() const {
    beast::error_code ignored;
    return plain && plain->socket().available(ignored) > 0;
  }
};

WriteClient::WriteClient(asio::any_io_executor executor, const Sink& sink, NameLookup::Find find)
    : impl_(std::make_unique<Impl>(std::move(executor), sink, std::move(find))) {}
WriteClient::~WriteClient() = default;

bool WriteClient::secret_changed() const { return impl_->authorization.changed(); }

void WriteClient::close() {
  beast::error_code ignored;
  impl_->closing = true;
  impl_->lookup.cancel();
  if (impl_->plain) impl_->plain->socket().close(ignored);
  if (impl_->secure) beast::get_lowest_layer(*impl_->secure).socket().close(ignored);
}

asio::awaitable<Expected<WriteAnswer>> WriteClient::post(std::span<const std::byte> gzip_body) {
  Impl& impl = *impl_;
  if (!impl.endpoint) co_return std::unexpected(impl.endpoint.error());
  const auto secret = impl.authorization.header();
  if (!secret) co_return std::unexpected(secret.error());
  Impl::Request request{http::verb::post, impl.endpoint->target, 11};
  request.set(http::field::host, impl.endpoint->authority());
  request.set(http::field::user_agent, "compound-gateway");
  request.set(http::field::content_type, "text/plain; charset=utf-8");
  std::string plain;
  if (impl.sink.gzip) {
    request.set(http::field::content_encoding, "gzip");
    request.body() = {reinterpret_cast<const char*>(gzip_body.data()), gzip_body.size()};
  } else {
    auto text = gunzip(gzip_body, longest_plain_body);
    if (!text) co_return std::unexpected(text.error());
    plain = std::move(*text);
    request.body() = {plain.data(), plain.size()};
  }
  if (!secret->empty()) request.set(http::field::authorization, *secret);
  request.prepare_payload();
  impl.deadline = std::chrono::steady_clock::now() +
                  std::chrono::duration_cast<std::chrono::steady_clock::duration>(impl.sink.timeout);
  impl.closing = false;
  if (impl.spoken_unasked()) impl.drop();
  const bool reused = impl.connected();
  auto answer = co_await impl.once(request);
  // A connection that was kept open may have been closed by the server meanwhile: that is no failure of the server.
  if (!answer && reused && !impl.closing && answer.error().code != std::errc::timed_out)
    answer = co_await impl.once(request);
  co_return answer;
}

}  // namespace gateway

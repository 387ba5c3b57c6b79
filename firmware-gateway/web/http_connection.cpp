// One client's HTTP connection: requests in, answers out, until it ends or becomes a stream. On a server with TLS the
// first byte tells whether the client speaks it; one that does not is sent to https.

#include <type_traits>

#include <boost/asio/ssl/context.hpp>

#include "firmware-gateway/web/connection.hpp"
#include "firmware-gateway/web/origin.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_drain = 256 * 1024;

std::string text_of(const http::fields& fields, http::field name) {
  return std::string{std::string_view{fields[name]}};
}

bool is_protocol_error(error_code error) noexcept {
  return error.category() == http::make_error_code(http::error::bad_method).category();
}

HttpResponse response_to(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return error_response(431, "header_too_large", "the request header is larger than 16 kB");
  if (error == http::error::body_limit)
    return error_response(413, "body_too_large", "the request body is larger than 64 kB");
  return error_response(400, "bad_request", "this is not an HTTP request: " + error.message());
}

template <class Stream>
class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection<Stream>> {
 public:
  // received: what was read of it already
  HttpConnection(std::shared_ptr<ServerState> state, Stream stream, beast::flat_buffer received = {})
      : state_(std::move(state)),
        stream_(std::move(stream)),
        address_(address_of(beast::get_lowest_layer(stream_).socket())),
        buffer_(std::move(received)),
        answered_(stream_.get_executor()) {}

  static asio::awaitable<void> run(std::shared_ptr<HttpConnection> self) {
    std::optional<UpgradeRequest> upgrade;
    bool secure = false;
    {
      const Registration registration{self->state_, *self};
      error_code ignored;
      self->tcp().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      const auto begun = co_await self->begin();
      secure = begun == Begun::tls;
      if (begun == Begun::http) upgrade = co_await self->serve_requests();
      if (!upgrade && !secure) self->close();
    }
    if (upgrade) co_await serve_stream(self->state_, std::move(self->stream_), std::move(*upgrade));
    if constexpr (!is_secure) {
      if (secure)
        co_await HttpConnection<SecureStream>::run(std::make_shared<HttpConnection<SecureStream>>(
            self->state_, SecureStream{std::move(self->stream_), *self->state_->tls}, std::move(self->buffer_)));
    }
  }

  void shut_down() override {
    leaving_ = true;
    if (waiting_) close();
  }
  void close() override {
    error_code ignored;
    tcp().socket().close(ignored);
    answered_.cancel();
  }
  [[nodiscard]] State state() const noexcept override {
    if (waiting_) return State::waits;
    if (sending_) return State::sends;
    const bool lags =
        writing_since_ && std::chrono::steady_clock::now() - *writing_since_ > state_->limits.prompt_write;
    return lags ? State::lags : State::busy;
  }
  [[nodiscard]] const std::string& address() const noexcept override { return address_; }

 private:
  using Parser = http::request_parser<http::string_body>;
  static constexpr bool is_secure = std::is_same_v<Stream, SecureStream>;
  enum class Begun { http, tls, failed };

  beast::tcp_stream& tcp() noexcept { return beast::get_lowest_layer(stream_); }

  // What the client speaks; a handshake where it is time for one.
  asio::awaitable<Begun> begin() {
    tcp().expires_after(state_->limits.request);
    if constexpr (is_secure) {
      const auto [error, used] =
          co_await stream_.async_handshake(asio::ssl::stream_base::server, buffer_.data(), awaited);
      buffer_.consume(buffer_.size());
      if (!error) co_return Begun::http;
      ++(error == beast::error::timeout ? state_->counters.timed_out : state_->counters.malformed);
      co_return Begun::failed;
    } else {
      if (!state_->tls) co_return Begun::http;
      const auto [error, tls] = co_await beast::async_detect_ssl(stream_, buffer_, awaited);
      if (error == beast::error::timeout) ++state_->counters.timed_out;
      if (error) co_return Begun::failed;
      co_return tls ? Begun::tls : Begun::http;
    }
  }

  // Ends with the request that asks for a WebSocket, or with nothing when the connection is done.
  asio::awaitable<std::optional<UpgradeRequest>> serve_requests() {
    for (bool first = true; !leaving_; first = false) {
      Parser parser;
      parser.header_limit(state_->limits.header_bytes);
      parser.body_limit(state_->limits.body_bytes);
      const auto error = co_await read(parser, first);
      if (error) {
        if (is_protocol_error(error) && error != http::error::end_of_stream && error != http::error::partial_message) {
          ++state_->counters.malformed;
          co_await refuse(response_to(error));
        }
        co_return std::nullopt;
      }
      if (leaving_) co_return std::nullopt;
      auto message = parser.release();
      auto request = translate(message);
      if (!is_secure && state_->tls) {
        co_await refuse(elsewhere(request));
        co_return std::nullopt;
      }
      if (request.upgrade && request.path() == "/api/v1/stream" && request.method == HttpRequest::Method::get) {
        auto refused = state_->api.stream_refusal(request);
        if (!refused) refused = no_place_for_stream(request);
        if (!refused) co_return std::optional<UpgradeRequest>{std::move(message)};
        co_await refuse(std::move(*refused));
        co_return std::nullopt;
      }
      auto response = co_await answer(request);
      const bool keep = message.keep_alive() && !leaving_;
      const bool written =
          co_await write(response, request.method == HttpRequest::Method::head, message.version(), keep);
      if (!written || !keep) {
        co_await drain();
        co_return std::nullopt;
      }
    }
    co_return std::nullopt;
  }

  std::optional<HttpResponse> no_place_for_stream(const HttpRequest& request) const {
    if (state_->has_most_streams(LoginApi::token(request.cookie)))
      return error_response(429, "too_many_streams",
                            "this log-in has " + std::to_string(state_->limits.streams_of_session) +
                                " live pages open already; close one of them");
    if (state_->counters.stream_clients < state_->limits.streams) return std::nullopt;
    return error_response(503, "busy", "too many live pages are open");
  }

  // The same page by TLS. Not for good: a browser would remember it after TLS was switched off.
  static HttpResponse elsewhere(const HttpRequest& request) {
    if (!is_well_formed_host(request.host)) return error_response(400, "bad_request", "this server speaks HTTPS");
    auto response = error_response(307, "https_only", "this server speaks HTTPS");
    response.headers.emplace_back("Location", "https://" + request.host + request.target);
    return response;
  }

  asio::awaitable<error_code> read(Parser& parser, bool first) {
    waiting_ = true;
    if (buffer_.size() == 0) {
      tcp().expires_after(first ? state_->limits.request : state_->limits.keep_alive);
      const auto space = buffer_.prepare(4096);
      const auto [error, size] = co_await stream_.async_read_some(space, awaited);
      if (error == beast::error::timeout && first) ++state_->counters.timed_out;
      if (error) co_return error;
      buffer_.commit(size);
    }
    tcp().expires_after(state_->limits.request);
    const auto [header_error, header_size] = co_await http::async_read_header(stream_, buffer_, parser, awaited);
    waiting_ = false;
    if (header_error == beast::error::timeout) ++state_->counters.timed_out;
    if (header_error) co_return header_error;
    sending_ = true;
    const auto [body_error, body_size] = co_await http::async_read(stream_, buffer_, parser, awaited);
    sending_ = false;
    if (body_error == beast::error::timeout) ++state_->counters.timed_out;
    co_return body_error;
  }

  HttpRequest translate(UpgradeRequest& message) {
    HttpRequest request;
    using Method = HttpRequest::Method;
    request.method = message.method() == http::verb::get    ? Method::get
                     : message.method() == http::verb::head ? Method::head
                     : message.method() == http::verb::post ? Method::post
                                                            : Method::other;
    request.target = std::string{std::string_view{message.target()}};
    request.host = text_of(message, http::field::host);
    request.origin = text_of(message, http::field::origin);
    request.content_type = text_of(message, http::field::content_type);
    request.accept_encoding = text_of(message, http::field::accept_encoding);
    request.cookie = text_of(message, http::field::cookie);
    request.if_none_match = text_of(message, http::field::if_none_match);
    request.upgrade = websocket::is_upgrade(message);
    if (!request.upgrade) request.body = std::move(message.body());
    error_code error;
    request.secure = is_secure;
    const auto local = tcp().socket().local_endpoint(error);
    auto address = local.address();
    if (!error && address.is_v6() && address.to_v6().is_v4_mapped())
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    request.on_loopback = !error && address.is_loopback();
    const auto peer = tcp().socket().remote_endpoint(error);
    if (!error) request.peer = peer.address().to_string();
    hear_proxy(message, request);
    return request;
  }

  // A proxy on this box, for which the box got a name, knows more of the client. Anybody else could claim anything.
  void hear_proxy(const UpgradeRequest& message, HttpRequest& request) const {
    for (const auto* name :
         {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"})
      if (message.find(name) != message.end()) request.forwarded = true;
    if (state_->site.web.names.empty() || !is_loopback_address(request.peer)) return;
    if (std::string_view{message["X-Forwarded-Proto"]} == "https") request.secure = true;
    // What the client itself wrote into it stands before the last comma, or in a line before.
    std::string_view all;
    const auto [begin_of_all, end_of_all] = message.equal_range("X-Forwarded-For");
    for (auto each = begin_of_all; each != end_of_all; ++each) all = std::string_view{each->value()};
    const auto last = all.substr(all.rfind(',') + 1);
    const auto begin = std::min(last.find_first_not_of(' '), last.size());
    error_code error;
    const auto client = asio::ip::make_address(std::string{last.substr(begin)}, error);
    if (!error) request.peer = client.to_string();
  }

  asio::awaitable<HttpResponse> answer(const HttpRequest& request) {
    // Kept apart from the connection: the answer may come when the connection has long gone.
    const auto result = std::make_shared<std::optional<HttpResponse>>();
    const std::weak_ptr<HttpConnection> weak = this->weak_from_this();
    state_->api.handle(request, [result, weak](HttpResponse response) {
      if (result->has_value()) return;
      *result = std::move(response);
      if (const auto self = weak.lock()) self->answered_.cancel();
    });
    if (!result->has_value()) {
      answered_.expires_after(Api::is_for_report(request) ? state_->limits.report : state_->limits.answer);
      co_await answered_.async_wait(awaited);
    }
    if (!result->has_value()) *result = error_response(503, "not_ready", "no answer in time");
    co_return std::move(**result);
  }

  // False when the client did not take it.
  asio::awaitable<bool> write(const HttpResponse& response, bool head, unsigned version, bool keep) {
    tcp().expires_after(state_->limits.write);
    writing_since_ = std::chrono::steady_clock::now();
    const bool written = co_await write_whole(response, head, version, keep);
    writing_since_.reset();
    co_return written;
  }

  asio::awaitable<bool> write_whole(const HttpResponse& response, bool head, unsigned version, bool keep) {
    const auto content = response.content();
    const auto fill = [&](auto& message) {
      message.result(response.status);
      message.version(version);
      for (const auto& [name, value] : response.headers) message.insert(name, value);
      // Not with a self-made certificate: a browser would no longer let anyone go on to a box whose certificate it does
      // not know.
      if (is_secure && state_->strict_transport) message.insert("Strict-Transport-Security", "max-age=31536000");
      if (response.status != 304) {
        message.set(http::field::content_type, response.content_type);
        message.content_length(content.size());
      }
      message.keep_alive(keep);
    };
    if (head || response.status == 304) {
      http::response<http::empty_body> message;
      fill(message);
      const auto [error, size] = co_await http::async_write(stream_, message, awaited);
      co_return !error;
    }
    http::response<http::span_body<const char>> message;
    fill(message);
    message.body() = {content.data(), content.size()};
    const auto [error, size] = co_await http::async_write(stream_, message, awaited);
    co_return !error;
  }

  // Answers what never came to the API.
  asio::awaitable<void> refuse(HttpResponse response) {
    add_security_headers(response, {});
    co_await write(response, false, 11, false);
    co_await drain();
  }

  // Reads what the client still sends, for a while: closing on unread bytes would reset the connection, and the client
  // would lose the answer.
  asio::awaitable<void> drain() {
    error_code ignored;
    tcp().expires_after(2s);
    waiting_ = true;
    if constexpr (is_secure) {
      co_await stream_.async_shutdown(awaited);
      co_return;
    }
    tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    buffer_.consume(buffer_.size());
    for (std::size_t total = 0; total < longest_drain;) {
      const auto space = buffer_.prepare(8192);
      const auto [error, size] = co_await stream_.async_read_some(space, awaited);
      if (error) co_return;
      total += size;
    }
  }

  std::shared_ptr<ServerState> state_;
  Stream stream_;
  std::string address_;
  beast::flat_buffer buffer_;
  asio::steady_timer answered_;  // cancelled when the answer is there
  bool waiting_ = true;
  bool sending_ = false;  // the body of a request is still to come
  std::optional<std::chrono::steady_clock::time_point> writing_since_;
  bool leaving_ = false;
};

}  // namespace

void serve(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket) {
  const auto executor = socket.get_executor();
  auto connection = std::make_shared<HttpConnection<PlainStream>>(std::move(state), PlainStream{std::move(socket)});
  asio::co_spawn(executor, HttpConnection<PlainStream>::run(std::move(connection)), asio::detached);
}

}  // namespace gateway

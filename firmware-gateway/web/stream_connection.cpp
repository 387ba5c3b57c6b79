// The live stream of one client (docs/api.md, /api/v1/stream).

#include "firmware-gateway/web/connection.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_message = 4096;  // clients have nothing to say yet
constexpr auto close_grace = 2s;               // for a slow client to take the closing frame

template <class Stream>
class StreamConnection final : public Connection,
                               public StreamClient,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  StreamConnection(std::shared_ptr<ServerState> state, Stream stream)
      : state_(std::move(state)),
        socket_(std::move(stream)),
        address_(address_of(beast::get_lowest_layer(socket_).socket())),
        ready_(socket_.get_executor()),
        grace_(socket_.get_executor()) {}

  asio::awaitable<void> run(UpgradeRequest request) {
    const Registration registration{state_, *this};
    auto& tcp = beast::get_lowest_layer(socket_);
    tcp.expires_never();  // the WebSocket has timeouts of its own
    error_code ignored;
    tcp.socket().set_option(asio::socket_base::send_buffer_size(state_->limits.stream_send_buffer), ignored);
    socket_.set_option(websocket::stream_base::timeout{state_->limits.request, state_->limits.stream_silence, true});
    socket_.read_message_max(longest_message);
    socket_.auto_fragment(false);
    socket_.text(true);
    session = LoginApi::token(std::string_view{request[http::field::cookie]});
    const auto [error] = co_await socket_.async_accept(request, awaited);
    if (error) co_return;
    // Others of the same log-in may have come while this one shook hands.
    if (state_->has_most_streams(session)) end();
    asio::co_spawn(socket_.get_executor(), read_loop(this->shared_from_this()), asio::detached);
    state_->feed.join(*this);
    co_await write_loop();
    state_->feed.leave(*this);
    grace_.cancel();
    close();
  }

  void wake() override {
    if (queue.overflowed() && !too_slow_) {
      too_slow_ = true;
      ++state_->counters.too_slow_clients;
      start_grace();
    }
    ready_.cancel();
  }
  void end() override {
    ended_ = true;
    ready_.cancel();
  }
  void shut_down() override {
    leaving_ = true;
    ready_.cancel();
  }
  void close() override {
    closed_ = true;
    error_code ignored;
    beast::get_lowest_layer(socket_).socket().close(ignored);
    ready_.cancel();
  }
  [[nodiscard]] State state() const noexcept override { return State::busy; }
  [[nodiscard]] const std::string& address() const noexcept override { return address_; }

 private:
  // Takes what the client sends and throws it away; being there, it answers pings and sees the connection end.
  static asio::awaitable<void> read_loop(std::shared_ptr<StreamConnection> self) {
    beast::flat_buffer buffer;
    while (!self->closed_) {
      const auto [error, size] = co_await self->socket_.async_read(buffer, awaited);
      if (error) {
        self->peer_gone_ = true;
        self->ready_.cancel();
        co_return;
      }
      buffer.consume(size);
    }
  }

  asio::awaitable<void> write_loop() {
    while (!closed_ && !peer_gone_) {
      if (too_slow_ || leaving_ || ended_) {
        if (!too_slow_) start_grace();
        const websocket::close_reason reason{too_slow_ ? websocket::close_code::try_again_later
                                             : ended_  ? websocket::close_code::policy_error
                                                       : websocket::close_code::going_away};
        co_await socket_.async_close(reason, awaited);
        co_return;
      }
      const auto frame = queue.pop();
      if (!frame) {
        ready_.expires_at(asio::steady_timer::time_point::max());
        co_await ready_.async_wait(awaited);
        continue;
      }
      const auto [error, size] = co_await socket_.async_write(asio::buffer(*frame), awaited);
      if (error) co_return;
    }
  }

  void start_grace() {
    grace_.expires_after(close_grace);
    grace_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error) self->close();
    });
  }

  std::shared_ptr<ServerState> state_;
  websocket::stream<Stream> socket_;
  std::string address_;
  asio::steady_timer ready_;  // cancelled when there is something to do
  asio::steady_timer grace_;
  bool too_slow_ = false;
  bool leaving_ = false;  // the server stops
  bool ended_ = false;    // the session has
  bool peer_gone_ = false;
  bool closed_ = false;
};

template <class Stream>
asio::awaitable<void> serve(std::shared_ptr<ServerState> state, Stream stream, UpgradeRequest request) {
  const auto connection = std::make_shared<StreamConnection<Stream>>(std::move(state), std::move(stream));
  co_await connection->run(std::move(request));
}

}  // namespace

asio::awaitable<void> serve_stream(std::shared_ptr<ServerState> state, PlainStream stream, UpgradeRequest request) {
  return serve(std::move(state), std::move(stream), std::move(request));
}
asio::awaitable<void> serve_stream(std::shared_ptr<ServerState> state, SecureStream stream, UpgradeRequest request) {
  return serve(std::move(state), std::move(stream), std::move(request));
}

}  // namespace gateway

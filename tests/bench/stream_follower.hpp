// A dashboard's WebSocket, for tools that measure when a frame comes: reads frames until the connection ends and hands
// each over with the moment it was there.
#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

namespace gateway::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

template <class Frame>
void follow_stream(int port, std::atomic<bool>& ready, Frame on_frame) {
  namespace beast = boost::beast;
  namespace asio = boost::asio;
  asio::io_context context;
  beast::websocket::stream<asio::ip::tcp::socket> stream(context);
  const asio::ip::tcp::endpoint gateway(asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(port));
  stream.next_layer().connect(gateway);
  stream.next_layer().set_option(asio::ip::tcp::no_delay(true));
  stream.handshake(fmt::format("127.0.0.1:{}", port), "/api/v1/stream");
  ready = true;
  beast::flat_buffer buffer;
  beast::error_code error;
  while (stream.read(buffer, error), !error) {
    on_frame(std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size()),
             std::chrono::steady_clock::now());
    buffer.clear();
  }
  fmt::print(stderr, "the stream has ended: {}\n", error.message());
}

}  // namespace gateway::bench

// Beast, and the names that the two files which use it share. Inside web/ only: nothing else includes this.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "firmware-gateway/web/peer_address.hpp"
#include "firmware-gateway/web/server_state.hpp"

namespace gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

inline constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

using PlainStream = beast::tcp_stream;
using SecureStream = beast::ssl_stream<beast::tcp_stream>;
using UpgradeRequest = http::request<http::string_body>;

// Whom the client at the other end is counted as; "": it has gone.
[[nodiscard]] inline std::string address_of(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? std::string{} : counted_address(peer.address().to_string());
}

// Makes a WebSocket of a connection whose upgrade request was read and found acceptable, and serves the live stream.
asio::awaitable<void> serve_stream(std::shared_ptr<ServerState> state, PlainStream stream, UpgradeRequest request);
asio::awaitable<void> serve_stream(std::shared_ptr<ServerState> state, SecureStream stream, UpgradeRequest request);

}  // namespace gateway

// Posts bodies to one write API over one connection that is kept open. The only part that speaks HTTP to a store.
//
// A request has one deadline for everything: name, connection, TLS, body, answer. A server that takes the connection
// and says nothing, or one byte every ten seconds, is a timeout. Certificates are always verified; there is no way to
// plain text from an https URL. Redirects are not followed. For one thread (or strand) of the executor.
#pragma once

#include <memory>
#include <span>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "cloud-sync/influx/response.hpp"
#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

class WriteClient {
 public:
  // The sink must outlive it.
  WriteClient(boost::asio::any_io_executor executor, const Sink& sink);
  ~WriteClient();

  // Whatever the server answers is a value; errors are those of the network, of TLS, of the secret's file.
  boost::asio::awaitable<Expected<Answer>> post(std::span<const std::byte> gzip_body);
  // The secret's file has changed since it was last read.
  [[nodiscard]] bool secret_changed() const;
  // Ends the request that is under way, if any.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

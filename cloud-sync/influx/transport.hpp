// One way to a far end: what the uploader needs of it, whether that is an HTTP write API or a broker. For one thread
// (or strand) of the executor it was made with.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "cloud-sync/influx/response.hpp"
#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

class Transport {
 public:
  virtual ~Transport() = default;
  // Sends lines of line protocol (one gzip member) and waits for what the far end says of them, no longer than the
  // sink's timeout. Whatever it answers is a value; errors are those of the network, of TLS, of the secret's file.
  // One call at a time.
  virtual boost::asio::awaitable<Expected<WriteAnswer>> post(std::span<const std::byte> gzip_body) = 0;
  // The secret's file has changed since it was last read: what was refused may pass now.
  [[nodiscard]] virtual bool secret_changed() const = 0;
  // Ends the request that is under way, if any: nothing else is begun for it.
  virtual void close() = 0;
};

// The sink outlives what is made.
using MakeTransport = std::function<std::unique_ptr<Transport>(boost::asio::any_io_executor, const Sink&)>;

}  // namespace gateway

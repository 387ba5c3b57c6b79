// Posts bodies to one write API over one connection that is kept open. The only part that speaks HTTP to a store.
//
// A request has one deadline for everything: name, connection, TLS, body, answer. A server that takes the connection
// and says nothing, or one byte every ten seconds, is a timeout. A host's addresses are tried in turn, each for its
// share of the time that is left (the TLS handshake included), so that one that swallows everything leaves some for the
// next; one that took the connection and never answered is tried last the next time. What is not an answer to this
// request is not taken for one: bytes that came unasked, success told of a body that was not sent whole. Certificates
// are always verified; there is no way to plain text from an https URL. Redirects are not followed. For one thread (or
// strand) of the executor.
#pragma once

#include "cloud-sync/influx/name_lookup.hpp"
#include "cloud-sync/influx/transport.hpp"

namespace gateway {

class WriteClient final : public Transport {
 public:
  // The sink must outlive it.
  WriteClient(boost::asio::any_io_executor executor, const Sink& sink, NameLookup::Find find = NameLookup::of_system);
  ~WriteClient() override;

  boost::asio::awaitable<Expected<WriteAnswer>> post(std::span<const std::byte> gzip_body) override;
  [[nodiscard]] bool secret_changed() const override;
  void close() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway

// Sends lines as JSON (json_points.hpp) to one topic of a broker, at QoS 1. What is sent counts as delivered when the
// broker has acknowledged every message of it; the uploader then acknowledges the rows. A message whose acknowledgement
// was lost is sent again: whoever listens sees the same points, with the same times, once more.
//
// For one thread (or strand) of the executor; the session calls back from its own.
#pragma once

#include "cloud-sync/influx/transport.hpp"
#include "cloud-sync/uplink/uplink_session.hpp"

namespace gateway {

class MqttUplink final : public Transport {
 public:
  // The sink must outlive it.
  MqttUplink(boost::asio::any_io_executor executor, const Sink& sink, std::unique_ptr<UplinkSession> session);
  ~MqttUplink() override;

  // 204: all acknowledged. 400: a line of it is not line protocol. Errors: not_connected, permission_denied (the
  // broker refuses us), timed_out, what the session says.
  boost::asio::awaitable<Expected<WriteAnswer>> post(std::span<const std::byte> gzip_body) override;
  // The session reads its password for every connection, and connects again by itself: it is the one that knows.
  [[nodiscard]] bool secret_changed() const override;
  void close() override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gateway

// The way to each sink's far end: HTTP, or a broker through the drivers' MQTT session.
#pragma once

#include "cloud-sync/influx/transport.hpp"
#include "cloud-sync/influx/uploader.hpp"

namespace gateway {

[[nodiscard]] std::unique_ptr<Transport> make_transport(boost::asio::any_io_executor executor, const Sink& sink);
// As the kind of the sink needs them.
[[nodiscard]] UploaderOptions uploader_options(const Sink& sink);

}  // namespace gateway

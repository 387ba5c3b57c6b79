#include "firmware-gateway/app/sink_transport.hpp"

#include <atomic>

#include "cloud-sync/influx/write_client.hpp"
#include "cloud-sync/uplink/mqtt_uplink.hpp"
#include "drivers/mqtt/mqtt_session.hpp"

namespace gateway {
namespace {

MqttOptions options_of(const Sink& sink) {
  MqttOptions options;
  options.url = sink.url;
  options.client_id = sink.client_id;
  options.user = sink.user;
  options.password_file = sink.password_file;
  options.ca_file = sink.ca_file;
  return options;
}

class BrokerSession final : public UplinkSession {
 public:
  explicit BrokerSession(const Sink& sink)
      : session_(options_of(sink),
                 {[](std::string_view, std::string_view, bool) {},
                  [this](MqttState state, std::string_view) { refused_ = state == MqttState::refused; }}) {
    session_.start();
  }
  void publish(std::string_view topic, std::string_view payload, Done done) override {
    session_.publish(topic, payload, false, std::move(done));
  }

  [[nodiscard]] bool refused() const override { return refused_; }

 private:
  std::atomic<bool> refused_{false};
  MqttSession session_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(boost::asio::any_io_executor executor, const Sink& sink) {
  if (sink.kind == Sink::Kind::mqtt)
    return std::make_unique<MqttUplink>(std::move(executor), sink, std::make_unique<BrokerSession>(sink));
  return std::make_unique<WriteClient>(std::move(executor), sink);
}

UploaderOptions uploader_options(const Sink& sink) {
  UploaderOptions options;
  if (sink.kind == Sink::Kind::mqtt) options.most_rows = 20;  // what is sent once more when a connection is lost
  return options;
}

}  // namespace gateway

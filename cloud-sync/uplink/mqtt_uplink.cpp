#include "cloud-sync/uplink/mqtt_uplink.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/uplink/json_points.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_text = 64 << 20;
constexpr std::size_t most_under_way = 20;  // what brokers let a client send ahead without special settings

WriteAnswer answer(unsigned status, std::string text = {}) {
  WriteAnswer made;
  made.status = status;
  made.body = std::move(text);
  return made;
}
WriteAnswer unreadable() { return answer(400, "this is not line protocol"); }

// Of one post(): counted on the strand. What comes after the deadline finds nobody who listens.
struct Receipts {
  explicit Receipts(const asio::any_io_executor& executor) : changed(executor) {}
  asio::steady_timer changed;
  std::size_t under_way = 0;
  std::optional<Error> failed;
};

}  // namespace

struct MqttUplink::Impl : std::enable_shared_from_this<MqttUplink::Impl> {
  Impl(asio::any_io_executor the_executor, const Sink& the_sink, std::unique_ptr<UplinkSession> the_session)
      : executor(std::move(the_executor)), sink(the_sink), session(std::move(the_session)) {}

  void publish(const std::string& message, const std::shared_ptr<Receipts>& post) {
    ++post->under_way;
    session->publish(sink.topic, message, [post, strand = executor](Expected<void> result) {
      asio::post(strand, [post, result = std::move(result)] {
        --post->under_way;
        if (!result && !post->failed) post->failed = result.error();
        post->changed.cancel();
      });
    });
  }

  asio::any_io_executor executor;
  const Sink& sink;
  std::unique_ptr<UplinkSession> session;
  std::shared_ptr<Receipts> receipts;  // of the post that is under way
  bool was_refused = false;            // the last post
};

MqttUplink::MqttUplink(asio::any_io_executor executor, const Sink& sink, std::unique_ptr<UplinkSession> session)
    : impl_(std::make_shared<Impl>(std::move(executor), sink, std::move(session))) {}
MqttUplink::~MqttUplink() = default;

bool MqttUplink::secret_changed() const { return impl_->was_refused && !impl_->session->refused(); }

void MqttUplink::close() {
  if (!impl_->receipts) return;
  impl_->receipts->failed = Error{std::make_error_code(std::errc::operation_canceled), "broker"};
  impl_->receipts->changed.cancel();
}

asio::awaitable<Expected<WriteAnswer>> MqttUplink::post(std::span<const std::byte> gzip_body) {
  const auto impl = impl_;
  const auto text = gunzip(gzip_body, longest_text);
  if (!text) co_return std::unexpected(text.error());
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::duration_cast<std::chrono::steady_clock::duration>(impl->sink.timeout);
  impl->was_refused = false;
  const auto receipts = impl->receipts = std::make_shared<Receipts>(impl->executor);
  JsonPoints points{*text, impl->sink.most_message_bytes};
  auto message = points.next();
  while (message || receipts->under_way > 0) {
    if (points.unreadable() > 0) co_return unreadable();
    if (message && receipts->under_way < most_under_way) {
      impl->publish(*message, receipts);
      message = points.next();
      continue;
    }
    receipts->changed.expires_at(deadline);
    boost::system::error_code cancelled;
    if (!receipts->failed) co_await receipts->changed.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    impl->was_refused = receipts->failed && receipts->failed->code == std::errc::permission_denied;
    if (receipts->failed) co_return std::unexpected(*receipts->failed);
    if (std::chrono::steady_clock::now() >= deadline)
      co_return failure(std::errc::timed_out, "the broker's acknowledgement");
  }
  if (points.unreadable() > 0) co_return unreadable();
  co_return answer(204);
}

}  // namespace gateway

#include "cloud-sync/influx/name_lookup.hpp"

#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway {

namespace asio = boost::asio;

// Shared with the thread, which may outlive everything else here.
struct NameLookup::Running {
  std::string host;
  std::mutex mutex;
  std::optional<Expected<Addresses>> found;
  std::function<void()> wake;  // called once, under the lock; empty: nobody waits

  void ended(Expected<Addresses> addresses) {
    const std::scoped_lock lock(mutex);
    found = std::move(addresses);
    if (wake) wake();
    wake = nullptr;
  }
};

Expected<NameLookup::Addresses> NameLookup::of_system(const std::string& host) {
  asio::io_context context;
  asio::ip::tcp::resolver resolver(context);
  boost::system::error_code error;
  const auto results = resolver.resolve(host, "", error);
  if (error) return failure(error, "look up " + host);
  Addresses addresses;
  for (const auto& result : results) addresses.push_back(result.endpoint().address());
  return addresses;
}

NameLookup::NameLookup(asio::any_io_executor executor, Find find)
    : executor_(std::move(executor)), find_(std::move(find)) {}
NameLookup::~NameLookup() = default;

asio::awaitable<Expected<NameLookup::Addresses>> NameLookup::find(std::string host,
                                                                  std::chrono::steady_clock::time_point deadline) {
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(host, no_address);
  if (!no_address) co_return Addresses{address};
  if (!running_ || running_->host != host) {
    running_ = std::make_shared<Running>();
    running_->host = host;
    try {
      std::thread([running = running_, find = find_] { running->ended(find(running->host)); }).detach();
    } catch (const std::system_error& error) {  // no more threads: tried again with the next request
      running_.reset();
      co_return failure(error.code(), "look up " + host);
    }
  }
  const auto running = running_;
  // Whatever ends this coroutine, the thread must not post to a context that may be gone.
  struct Waiting {
    Running& running;
    ~Waiting() {
      const std::scoped_lock lock(running.mutex);
      running.wake = nullptr;
    }
  } waiting{*running};
  const auto timer = std::make_shared<asio::steady_timer>(executor_, deadline);
  waiting_ = timer;
  bool known = false;
  {
    const std::scoped_lock lock(running->mutex);
    known = running->found.has_value();
    running->wake = [timer, executor = executor_] { asio::post(executor, [timer] { timer->cancel(); }); };
  }
  if (!known) {
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  std::optional<Expected<Addresses>> found;
  {
    const std::scoped_lock lock(running->mutex);
    found = std::move(running->found);
  }
  if (!found) co_return failure(std::errc::timed_out, "look up " + host);
  running_.reset();
  co_return std::move(*found);
}

void NameLookup::cancel() {
  if (const auto timer = waiting_.lock()) timer->cancel();
}

}  // namespace gateway

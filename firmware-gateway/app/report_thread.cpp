#include "firmware-gateway/app/report_thread.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace gateway {

struct ReportThread::Pool {
  boost::asio::thread_pool thread{1};
};

ReportThread::ReportThread() : pool_(std::make_unique<Pool>()) {}
ReportThread::~ReportThread() { stop(); }

ReportThread::Place ReportThread::take() {
  auto now = taken_->load();
  while (now < most)
    if (taken_->compare_exchange_weak(now, now + 1))
      return Place{taken_.get(), [taken = taken_](void*) { taken->fetch_sub(1); }};
  return nullptr;
}

void ReportThread::run(Place place, std::function<void()> job) {
  boost::asio::post(pool_->thread, [this, place = std::move(place), job = std::move(job)]() mutable {
    if (!stops_.load(std::memory_order_relaxed)) job();
    job = nullptr;
  });
}

void ReportThread::stop() {
  request_stop();
  pool_->thread.stop();
  pool_->thread.join();
}

}  // namespace gateway

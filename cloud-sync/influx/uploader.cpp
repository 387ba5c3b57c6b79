#include "cloud-sync/influx/uploader.hpp"

#include <algorithm>
#include <mutex>
#include <random>

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cloud-sync/influx/backoff.hpp"
#include "cloud-sync/influx/bisection.hpp"
#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/write_client.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using State = SinkStatus::State;

constexpr std::size_t longest_text = 64 << 20;
constexpr int tries_before_aside = 3;
constexpr std::size_t most_aside = 8;

std::uint64_t seed_of(const UploaderOptions& options) {
  return options.seed != 0 ? options.seed : std::random_device{}();
}

}  // namespace

struct Uploader::Impl : std::enable_shared_from_this<Uploader::Impl> {
  asio::any_io_executor executor;  // a strand
  const Sink& sink;
  std::size_t place;
  StoreThread& store;
  const Clock& clock;
  UploaderOptions options;
  WriteClient client;
  asio::steady_timer timer;
  Backoff backoff;
  GzipCompressor gzip{4};
  bool stopping = false;
  bool woken = false;

  // Present before past: everything up to `split` is backlog, sent in turns with what is newer.
  bool draining = false;
  bool live_turn = true;
  std::int64_t split = 0;
  std::size_t most_bytes;  // of a body, learnt from 413

  // A row that can't be delivered is put aside, so that the others go on.
  struct Aside {
    std::int64_t row = 0;
    std::uint64_t accepted_before = 0;
  };
  std::vector<Aside> aside;
  std::uint64_t accepted = 0;  // requests
  std::int64_t failing_row = 0;
  int failing_tries = 0;
  std::uint64_t accepted_before_failing = 0;  // of the failing row: what passed since speaks against it

  mutable std::mutex mutex;
  State state = State::waiting;
  std::string last_error;
  std::optional<UtcTime> last_success;
  std::uint64_t retries = 0;

  Impl(asio::any_io_executor context, const Sink& the_sink, std::size_t the_place, StoreThread& the_store,
       const Clock& the_clock, UploaderOptions the_options)
      : executor(asio::make_strand(std::move(context))),
        sink(the_sink),
        place(the_place),
        store(the_store),
        clock(the_clock),
        options(the_options),
        client(executor, the_sink),
        timer(executor),
        backoff(seed_of(the_options), {.first = the_options.first_backoff, .longest = the_options.longest_backoff}),
        most_bytes(the_options.backlog_bytes) {}

  void wake() {
    woken = true;
    timer.cancel();
  }

  // Until the time has come, wake() or stop.
  asio::awaitable<void> sleep(std::chrono::milliseconds length) {
    if (stopping) co_return;
    timer.expires_after(length);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // A wait that new data doesn't end, but stop and a new secret do.
  asio::awaitable<void> pause(std::chrono::milliseconds length) {
    const auto until = std::chrono::steady_clock::now() + length;
    while (!stopping && !client.secret_changed()) {
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (rest <= 0ms) co_return;
      co_await sleep(std::min<std::chrono::milliseconds>(rest, 1s));
    }
  }

  asio::awaitable<Expected<Delivery>> next(Pick pick) {
    for (const Aside& one : aside) pick.skip.push_back(one.row);
    return ask(std::move(pick));
  }

  static Pick only(std::int64_t row) {
    Pick pick;
    pick.after = row - 1;
    pick.up_to = row;
    return pick;
  }

  asio::awaitable<Expected<Delivery>> ask(Pick pick) {
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(Expected<Delivery>)>(
        [this](auto handler, Pick wanted) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          store.next(place, std::move(wanted),
                     [shared, back = asio::prefer(executor, asio::execution::outstanding_work.tracked)](
                         Expected<Delivery> found) {
                       asio::post(back, [shared, found = std::move(found)]() mutable {
                         std::move (*shared)(std::move(found));
                       });
                     });
        },
        asio::use_awaitable, std::move(pick));
  }

  void tell(State new_state, std::string error) {
    const std::scoped_lock lock(mutex);
    state = new_state;
    last_error = std::move(error);
    if (new_state == State::retrying || new_state == State::refused) ++retries;
  }

  void tell_accepted() {
    ++accepted;
    backoff.reset();
    const std::scoped_lock lock(mutex);
    state = State::ok;
    last_error.clear();
    last_success = clock.utc();
  }

  // Tells of a failure and waits as long as its kind asks for.
  asio::awaitable<void> wait_after(const Expected<Answer>& answer) {
    if (!answer) {
      tell(State::retrying, answer.error().message());
      co_await pause(backoff.next());
      co_return;
    }
    switch (verdict(*answer)) {
      case Verdict::refused:
      case Verdict::not_the_store:
        tell(State::refused, reason(*answer));
        co_await pause(options.refused_pause + backoff.next());
        break;
      default:
        tell(State::retrying, reason(*answer));
        co_await pause(backoff.next(retry_after(answer->retry_after, clock.utc())));
    }
  }

  asio::awaitable<void> run() {
    while (!stopping) {
      if (auto again = ripe()) {
        co_await give_up_or_deliver(*again);
        continue;
      }
      woken = false;
      look_at_the_queue();
      Pick pick;
      pick.most_rows = options.backlog_rows;
      pick.most_bytes = most_bytes;
      const bool live = draining && live_turn;
      if (live) {
        pick.after = split;
      } else if (draining) {
        pick.up_to = split;
      }
      live_turn = !live_turn;
      auto found = co_await next(std::move(pick));
      if (stopping) break;
      if (!found) {
        tell(State::retrying, found.error().message());
        co_await pause(5s);
      } else if (!found->rows.empty()) {
        co_await deliver(std::move(*found));
      } else if (draining) {
        if (!live) draining = false;
      } else if (!aside.empty()) {  // nothing else is left that could pass: it may be the server after all
        co_await pause(backoff.next());
        aside.clear();
      } else if (!woken) {
        co_await sleep(30s);
      }
    }
  }

  // Data older than `backlog_age` waits: what comes from now on goes before it.
  void look_at_the_queue() {
    if (draining) return;
    const SinkFigures figures = store.figures(place);
    if (!figures.oldest_queued || clock.utc() - *figures.oldest_queued < options.backlog_age) return;
    draining = true;
    live_turn = true;
    split = figures.newest_row;
  }

  asio::awaitable<void> deliver(Delivery delivery) {
    const auto answer = co_await client.post(delivery.body);
    if (stopping) co_return;
    const Verdict means = answer ? verdict(*answer) : Verdict::busy;
    const bool one_row = delivery.rows.size() == 1;
    switch (means) {
      case Verdict::accepted:
        tell_accepted();
        store.acknowledge(place, std::move(delivery));
        break;
      case Verdict::too_large:
        most_bytes = std::max<std::size_t>(1024, std::min(most_bytes, delivery.body.size()) / 2);
        if (one_row) co_await split_up(std::move(delivery), false);
        break;
      case Verdict::bad_lines:
        if (one_row) {
          co_await split_up(std::move(delivery), false);
        } else {
          co_await one_by_one(std::move(delivery));
        }
        break;
      case Verdict::server_error:
        co_await wait_after(answer);
        if (!one_row) {
          co_await one_by_one(std::move(delivery));
        } else if (count_failure(delivery.rows.front().number) >= tries_before_aside) {
          put_aside(delivery.rows.front().number);
        }
        break;
      default:
        co_await wait_after(answer);
    }
  }

  int count_failure(std::int64_t row) {
    if (row != failing_row) {
      failing_row = row;
      failing_tries = 0;
      accepted_before_failing = accepted;
    }
    return ++failing_tries;
  }

  void put_aside(std::int64_t row) {
    // When so many rows fail it is not the rows.
    if (aside.size() >= most_aside) aside.clear();
    if (std::ranges::find(aside, row, &Aside::row) == aside.end()) aside.push_back({row, accepted_before_failing});
    failing_tries = 0;
  }

  // A row that was put aside, after something else was accepted.
  std::optional<std::int64_t> ripe() {
    for (const Aside& one : aside)
      if (accepted > one.accepted_before) return one.row;
    return std::nullopt;
  }

  asio::awaitable<void> give_up_or_deliver(std::int64_t row) {
    auto found = co_await ask(only(row));
    std::erase_if(aside, [&](const Aside& one) { return one.row == row; });
    if (!stopping && found && !found->rows.empty()) co_await split_up(std::move(*found), true);
  }

  asio::awaitable<void> one_by_one(Delivery delivery) {
    for (const Delivery::Row& row : delivery.rows) {
      if (stopping) co_return;
      auto found = co_await ask(only(row.number));
      if (found && !found->rows.empty()) co_await deliver(std::move(*found));
    }
  }

  // Sends halves of the row, and halves of those, until the bad lines stand alone. `last_chance`: others pass, so a
  // server error is the row's fault too, and a row without one good line is a dead letter as a whole.
  asio::awaitable<void> split_up(Delivery delivery, bool last_chance) {
    auto text = gunzip(delivery.body, longest_text);
    if (!text) {
      std::vector<DeadLetter> dead{{"damaged in the outbox", {}, delivery.lines, delivery.values}};
      store.acknowledge(place, std::move(delivery), std::move(dead));
      co_return;
    }
    Bisection bisection(*text);
    while (const auto part = bisection.next()) {
      const auto body = gzip.compress(*part);
      const auto answer = co_await client.post(body);
      if (stopping) co_return;
      const Verdict means = answer ? verdict(*answer) : Verdict::busy;
      if (means == Verdict::accepted) {
        tell_accepted();
        bisection.accepted();
      } else if (means == Verdict::bad_lines || means == Verdict::too_large ||
                 (means == Verdict::server_error && last_chance)) {
        bisection.refused(reason(*answer));
      } else {
        co_await wait_after(answer);
        if (stopping) co_return;
        if (means == Verdict::server_error && count_failure(delivery.rows.front().number) >= tries_before_aside) {
          put_aside(delivery.rows.front().number);
          co_return;
        }
        continue;
      }
      if (!last_chance && bisection.hopeless()) break;
    }
    if (!last_chance && bisection.nothing_accepted()) {
      tell(State::refused, bisection.last_reason());
      count_failure(delivery.rows.front().number);
      put_aside(delivery.rows.front().number);
      co_await pause(backoff.next());
      co_return;
    }
    store.acknowledge(place, std::move(delivery), bisection.take_dead());
  }
};

Uploader::Uploader(asio::any_io_executor executor, const Sink& sink, std::size_t place, StoreThread& store,
                   const Clock& clock, UploaderOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), sink, place, store, clock, options)) {
  store.listen(place, [impl = std::weak_ptr(impl_)] {
    if (auto alive = impl.lock()) asio::post(alive->executor, [alive] { alive->wake(); });
  });
  asio::co_spawn(
      impl_->executor, [impl = impl_] { return impl->run(); }, asio::detached);
}

Uploader::~Uploader() { stop(); }

void Uploader::stop() {
  impl_->store.listen(impl_->place, {});
  asio::post(impl_->executor, [impl = impl_] {
    impl->stopping = true;
    impl->timer.cancel();
    impl->client.close();
  });
}

SinkStatus Uploader::status() const {
  const SinkFigures figures = impl_->store.figures(impl_->place);
  SinkStatus status;
  status.id = impl_->sink.id;
  status.delivered_lines = figures.delivered_lines;
  status.delivered_values = figures.delivered_values;
  status.rewritten_values = figures.rewritten_values;
  status.queued_batches = figures.queued_batches;
  status.queued_lines = figures.queued_lines;
  status.queued_bytes = figures.queued_bytes;
  status.oldest_queued = figures.oldest_queued;
  status.dead_letters = figures.dead_lines;
  const std::scoped_lock lock(impl_->mutex);
  status.state = impl_->state;
  status.last_error = impl_->last_error;
  status.last_success = impl_->last_success;
  status.retries = impl_->retries;
  return status;
}

}  // namespace gateway

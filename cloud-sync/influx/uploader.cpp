#include "cloud-sync/influx/uploader.hpp"

#include <algorithm>
#include <atomic>
#include <random>

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cloud-sync/influx/backlog_pace.hpp"
#include "cloud-sync/influx/backoff.hpp"
#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/live_first.hpp"
#include "cloud-sync/influx/quarantine.hpp"
#include "cloud-sync/influx/request_size.hpp"
#include "cloud-sync/influx/sink_progress.hpp"
#include "cloud-sync/influx/splitting.hpp"
#include "cloud-sync/influx/write_client.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using State = SinkStatus::State;
using Steady = std::chrono::steady_clock;

constexpr std::size_t longest_text = 64 << 20;
constexpr std::size_t most_to_split = 8;
constexpr auto store_patience = 10s;
// One that was under way, the one that answers, and one in which the answer gets here.
constexpr std::uint64_t rounds_to_answer = 3;
constexpr std::uint64_t nothing_asked = ~std::uint64_t{0};
constexpr std::chrono::milliseconds idle_sleep = 30s;

Backoff::Bounds bounds_of(const UploaderOptions& options) {
  return {.first = options.first_backoff, .longest = options.longest_backoff, .longest_asked = options.longest_asked};
}

// Somebody has to mend something: a certificate, a file with a secret, an address.
bool needs_mending(const Error& error) {
  return error.code == std::errc::permission_denied || error.code == std::errc::invalid_argument ||
         error.code == std::errc::no_such_file_or_directory;
}

}  // namespace

struct Uploader::Impl : std::enable_shared_from_this<Uploader::Impl> {
  asio::any_io_executor executor;  // a strand
  const Sink& sink;
  std::size_t place;
  StoreThread& store;
  const Clock& clock;
  UploaderOptions options;
  std::unique_ptr<Transport> transport;
  asio::steady_timer timer;
  std::mt19937_64 dice;
  Backoff backoff;
  std::optional<GzipCompressor> gzip;  // a quarter of a megabyte: made when a row has to be split
  LiveFirst order;
  BacklogPace pace;
  Quarantine quarantine;
  SinkProgress progress;
  std::optional<Splitting> splitting;
  Suspects suspects;
  bool split_next = false;
  std::vector<std::int64_t> to_split;  // rows whose turn it is after that
  std::size_t single_rows = 0;         // to be sent one by one, to find the one that is refused
  RequestSize size;
  bool stopping = false;
  bool woken = false;
  std::atomic<std::uint64_t> asked_in{nothing_asked};  // the store's round

  Impl(const asio::any_io_executor& context, const Sink& the_sink, std::size_t the_place, StoreThread& the_store,
       const Clock& the_clock, UploaderOptions the_options, const MakeTransport& make)
      : executor(asio::make_strand(context)),
        sink(the_sink),
        place(the_place),
        store(the_store),
        clock(the_clock),
        options(the_options),
        transport(make ? make(executor, the_sink) : std::make_unique<WriteClient>(executor, the_sink)),
        timer(executor),
        dice(the_options.seed != 0 ? the_options.seed : std::random_device{}()),
        backoff(dice(), bounds_of(the_options)),
        order(the_options.backlog_age),
        pace(the_sink.backlog_bytes_per_s, the_options.most_bytes),
        size(the_options.most_bytes, the_options.size_doubted_after) {}

  // ---- waiting

  void wake() {
    woken = true;
    timer.cancel();
  }

  [[nodiscard]] std::chrono::milliseconds up_to(std::chrono::milliseconds longest) {
    return std::chrono::milliseconds{
        std::uniform_int_distribution<std::int64_t>{0, std::max<std::int64_t>(longest.count(), 0)}(dice)};
  }

  void moves_within(std::chrono::nanoseconds length) { progress.due(clock.monotonic() + length); }

  // Until the time has come, wake() or stop.
  asio::awaitable<void> sleep(std::chrono::milliseconds length) {
    if (stopping) co_return;
    moves_within(length);
    timer.expires_after(length);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // A wait that new data doesn't end, but stop does, and a new secret.
  asio::awaitable<void> pause(std::chrono::milliseconds length, bool secret_ends_it = true) {
    const auto until = Steady::now() + length;
    progress.waits_until(clock.utc() + length);
    while (!stopping && !(secret_ends_it && transport->secret_changed())) {
      order.look(store.figures(place), clock.utc());  // so that it knows afterwards what is new
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
      if (rest <= 0ms) break;
      co_await sleep(std::min<std::chrono::milliseconds>(rest, 1s));
    }
    progress.waits_until(std::nullopt);
  }

  // Tells of a failure and waits as long as its kind asks for.
  asio::awaitable<void> wait_after(const Expected<WriteAnswer>& answer) {
    if (!answer) {
      const bool mend = needs_mending(answer.error());
      progress.failed(mend ? State::refused : State::retrying, answer.error().message(), failure_of(answer.error()));
      co_await pause((mend ? options.refused_pause : 0ms) + backoff.next());
      co_return;
    }
    switch (verdict(*answer)) {
      case Verdict::refused:
      case Verdict::not_the_store:
        progress.failed(State::refused, reason(*answer), failure_of(*answer), answer->status);
        co_await pause(options.refused_pause + backoff.next());
        break;
      default:
        progress.failed(State::retrying, reason(*answer), failure_of(*answer), answer->status);
        co_await pause(backoff.next(retry_after(answer->retry_after, clock.utc())));
    }
  }

  // ---- the store and the far end

  asio::awaitable<Expected<Delivery>> ask(Pick pick) {
    asked_in = store.status().rounds;
    moves_within(store_patience);
    auto answer = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Expected<Delivery>)>(
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
    asked_in = nothing_asked;
    co_return answer;
  }

  asio::awaitable<Expected<WriteAnswer>> post(std::span<const std::byte> body) {
    moves_within(sink.timeout);
    co_return co_await transport->post(body);
  }

  void tell_accepted(std::size_t bytes) {
    quarantine.accepted();
    size.accepted(bytes);
    progress.learnt(size.learnt());
    const SinkFigures figures = store.figures(place);
    if (backoff.failures() > 0 && order.catching_up()) hold_the_backlog(figures);
    backoff.reset();
    progress.accepted(clock.now(), figures);
  }

  // The whole fleet finds out at about the same time that the store is back.
  void hold_the_backlog(const SinkFigures& figures) {
    if (!figures.oldest_queued) return;
    const auto outage = std::chrono::duration_cast<std::chrono::milliseconds>(clock.utc() - *figures.oldest_queued);
    pace.hold(Steady::now() + up_to(std::min(options.longest_hold, outage / 10)));
  }

  // ---- what to send

  asio::awaitable<void> run() {
    co_await pause(up_to(options.longest_start_hold), false);
    while (!stopping) {
      if (splitting && (std::exchange(split_next, false) || to_split.size() >= most_to_split)) {
        co_await split_step();
        continue;
      }
      split_next = true;
      if (!splitting && !to_split.empty()) {
        const std::int64_t row = to_split.front();
        to_split.erase(to_split.begin());
        co_await take_apart(row, false);
      } else if (const auto row = splitting ? std::nullopt : quarantine.take_ripe()) {
        co_await take_apart(*row, true);
      } else {
        co_await send_next();
      }
    }
  }

  Pick pick_for(LiveFirst::Turn turn) const {
    Pick pick;
    pick.most_rows = single_rows > 0 ? 1 : options.most_rows;
    pick.most_bytes =
        std::min(size.most(), turn == LiveFirst::Turn::backlog ? pace.request_bytes() : options.most_bytes);
    pick.most_lines = options.most_lines;
    quarantine.skip_in(pick.skip);
    if (splitting) pick.skip.push_back(splitting->row());
    pick.skip.insert(pick.skip.end(), to_split.begin(), to_split.end());
    order.narrow(pick, turn);
    return pick;
  }

  asio::awaitable<void> send_next() {
    woken = false;
    size.look(clock.monotonic());
    progress.learnt(size.learnt());
    order.look(store.figures(place), clock.utc());
    progress.catching_up(order.catching_up());
    const auto turn = order.turn(Steady::now() >= pace.not_before());
    auto found = co_await ask(pick_for(turn));
    if (stopping) co_return;
    if (!found) {
      progress.failed(State::retrying, found.error().message(), SinkFailure::own_store);
      co_await pause(5s);
    } else if (!order.found(turn, *found, clock.utc())) {
      co_return;
    } else if (!found->rows.empty()) {
      co_await deliver(std::move(*found), turn);
    } else if (!splitting) {
      co_await nothing_found(turn);
    }
  }

  asio::awaitable<void> nothing_found(LiveFirst::Turn turn) {
    if (turn == LiveFirst::Turn::all) single_rows = 0;  // else they are in the other part
    if (turn == LiveFirst::Turn::live) {  // the backlog waits for its turn, or for its rate
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(pace.not_before() - Steady::now());
      if (rest > 0ms && !woken) co_await sleep(std::min(rest, idle_sleep));
    } else if (!quarantine.empty()) {  // nothing else is left that could pass: it may be the server after all
      co_await pause(backoff.next());
      quarantine.release();
    } else if (turn == LiveFirst::Turn::all && !woken) {
      co_await sleep(idle_sleep);
    }
  }

  asio::awaitable<void> deliver(Delivery delivery, LiveFirst::Turn turn) {
    const std::size_t bytes = delivery.body.size();
    const bool one_row = delivery.rows.size() == 1;
    if (one_row && size.pieces_of(bytes) > 1) {
      begin_split(std::move(delivery), size.pieces_of(bytes), false);
      co_return;
    }
    const auto begun = Steady::now();
    const auto answer = co_await post(delivery.body);
    if (stopping) co_return;
    if (turn == LiveFirst::Turn::backlog) pace.sent(bytes, begun, Steady::now());
    switch (answer ? verdict(*answer) : Verdict::busy) {
      case Verdict::accepted:
        tell_accepted(bytes);
        if (single_rows > 0) --single_rows;
        store.acknowledge(place, std::move(delivery));
        break;
      case Verdict::too_large:
        size.refused(bytes, delivery.lines == 1, clock.monotonic());
        progress.learnt(size.learnt());
        if (one_row) begin_split(std::move(delivery), size.pieces_of(bytes), false);
        break;
      case Verdict::bad_lines:
        if (one_row) {
          begin_split(std::move(delivery), 1, false);
        } else {
          single_rows = delivery.rows.size();
        }
        break;
      case Verdict::server_error:
        co_await wait_after(answer);
        if (one_row) {
          quarantine.failed(delivery.rows.front().number);
        } else {
          single_rows = delivery.rows.size();
        }
        break;
      default:
        co_await wait_after(answer);
    }
  }

  // ---- taking a row apart

  asio::awaitable<void> take_apart(std::int64_t row, bool last_chance) {
    Pick pick;
    pick.after = row - 1;
    pick.up_to = row;
    auto found = co_await ask(std::move(pick));
    if (!stopping && found && !found->rows.empty()) {
      const std::size_t pieces = size.pieces_of(found->body.size());
      begin_split(std::move(*found), pieces, last_chance);
    }
  }

  void begin_split(Delivery delivery, std::size_t pieces, bool last_chance) {
    if (splitting) {
      to_split.push_back(delivery.rows.front().number);
      return;
    }
    auto text = gunzip(delivery.body, longest_text);
    if (!text) {
      std::vector<DeadLetter> dead{{"damaged in the outbox", {}, delivery.lines, delivery.values}};
      store.acknowledge(place, std::move(delivery), std::move(dead));
      return;
    }
    splitting.emplace(std::move(delivery), std::move(*text), pieces, suspects, last_chance);
    split_next = true;
  }

  asio::awaitable<void> split_step() {
    const auto part = splitting->next();
    if (!part) {
      end_split();
      co_return;
    }
    if (!gzip) gzip.emplace(4);
    const auto body = gzip->compress(*part);
    if (size.pieces_of(body.size()) > 1 && splitting->halve()) {
      split_next = true;
      co_return;
    }
    const auto answer = co_await post(body);
    if (stopping) co_return;
    const Verdict means = answer ? verdict(*answer) : Verdict::busy;
    if (means == Verdict::accepted) tell_accepted(body.size());
    if (means == Verdict::too_large) {
      size.refused(body.size(), splitting->next_is_one_line(), clock.monotonic());
      progress.learnt(size.learnt());
    }
    switch (splitting->answered(means, answer ? reason(*answer) : std::string{}, quarantine.accepted_requests())) {
      case Splitting::Then::go_on:
        break;
      case Splitting::Then::wait:
        co_await wait_after(answer);
        if (means == Verdict::server_error && !splitting->others_pass() && quarantine.failed(splitting->row()))
          splitting.reset();
        break;
      case Splitting::Then::leave:
        co_await leave_split();
        break;
    }
  }

  // Not one line was accepted: it may be the far end, not the lines.
  asio::awaitable<void> leave_split() {
    progress.failed(State::refused, splitting->last_reason(), SinkFailure::bad_lines);
    quarantine.put_aside(splitting->row());
    splitting.reset();
    co_await pause(backoff.next());
  }

  void end_split() {
    if (single_rows > 0) --single_rows;
    auto dead = splitting->dead();
    for (const DeadLetter& letter : dead) suspects.refused(letter.line);
    store.acknowledge(place, splitting->take_delivery(), std::move(dead));
    splitting.reset();
  }
};

Uploader::Uploader(const asio::any_io_executor& executor, const Sink& sink, std::size_t place, StoreThread& store,
                   const Clock& clock, UploaderOptions options, const MakeTransport& make)
    : impl_(std::make_shared<Impl>(executor, sink, place, store, clock, options, make)) {
  impl_->moves_within(store_patience);
  store.listen(place, [impl = std::weak_ptr(impl_)] {
    if (auto alive = impl.lock()) asio::post(alive->executor, [alive] { alive->wake(); });
  });
  asio::co_spawn(
      impl_->executor, [impl = impl_] { return impl->run(); }, asio::detached);
}

Uploader::~Uploader() {
  try {
    stop();
  } catch (const std::exception&) {
    // There is no memory to tell it with: it stops with its context, as everything on that does.
  }
}

void Uploader::stop() {
  impl_->store.listen(impl_->place, {});
  asio::post(impl_->executor, [impl = impl_] {
    impl->stopping = true;
    impl->timer.cancel();
    impl->transport->close();
  });
}

SinkStatus Uploader::status() const {
  const auto now = impl_->clock.monotonic();
  auto status = impl_->progress.status(impl_->sink.id, impl_->store.figures(impl_->place), now);
  // A store that mends itself, or that a slow disk holds up, is not the uploader's standstill.
  if (const auto asked = impl_->asked_in.load();
      asked != nothing_asked && impl_->store.status().rounds < asked + rounds_to_answer)
    status.due = std::max(status.due, now);
  return status;
}

}  // namespace gateway

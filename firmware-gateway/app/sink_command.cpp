// gateway sink test: writes one harmless point to each sink and tells what the far end answered.
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/line_protocol.hpp"
#include "core/confidential.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/app/sink_transport.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// gateway,site=... sink_test=1i: a field of its own, so that it stands beside nothing.
std::string test_line(const Site& site, UtcTime now) {
  std::string room(4096, '\0');
  LineWriter line{room};
  const std::array tags{Tag{"site", site.id}};
  line.begin(series_key("gateway", tags));
  line.field("sink_test", std::int64_t{1});
  return line.end(to_ms(now)) ? std::string{line.text()} : std::string{};
}

asio::awaitable<void> post_test(Transport& transport, const std::string& line, Expected<WriteAnswer>& answer) {
  GzipCompressor gzip{4};
  const auto body = gzip.compress(line);
  answer = co_await transport.post(body);
}

Expected<WriteAnswer> ask(const Site& site, const Sink& sink) {
  const std::string line = test_line(site, SystemClock{}.utc());
  const auto until = std::chrono::steady_clock::now() + sink.timeout;
  Expected<WriteAnswer> answer = failure(std::errc::timed_out, std::string{without_query(sink.url)});
  asio::io_context context;
  auto transport = make_transport(context.get_executor(), sink);
  do {
    context.restart();
    asio::co_spawn(context, post_test(*transport, line, answer), asio::detached);
    context.run();
    if (answer || answer.error().code != std::errc::not_connected) break;
    std::this_thread::sleep_for(200ms);  // a session to a broker comes up by itself
  } while (std::chrono::steady_clock::now() < until);
  return answer;
}

// What the person at the box can do about it.
std::string_view advice(const Sink& sink, const WriteAnswer& answer) {
  switch (verdict(answer)) {
    case Verdict::accepted:
      return "accepted; the point is gateway,site=... sink_test=1 of this moment";
    case Verdict::bad_lines:
      return "it is a write API, and does not take the point: look at what it says (a missing database, a wrong "
             "precision)";
    case Verdict::not_the_store:
      if (sink.kind == Sink::Kind::line_protocol && answer.status >= 200 && answer.status < 300 && !answer.proven)
        return "over plain http only 204 counts: a log-in page says the same; give the engine's own kind, or an https "
               "address";
      return "that is not a write API: a log-in page of the network, a redirect, or another service at this address";
    case Verdict::too_large:
      return "it takes no body at all, not even one of 60 bytes: look at the proxy before it";
    case Verdict::busy:
      return "it is there, and busy; the gateway would try again by itself";
    case Verdict::server_error:
      return sink.kind == Sink::Kind::tdengine
                 ? "taosAdapter answers so to everything that it can't insert: look at what "
                   "it says (a missing database?)"
                 : "the server has a problem of its own: look at its log";
    case Verdict::refused:
      break;
  }
  if (answer.status == 401 || answer.status == 403)
    return "the user, password or token is wrong, or may not write there";
  if (answer.status == 404) return "there is no such database, bucket or path at this address";
  return "the gateway would keep everything and try again slowly";
}

bool test_one(const Site& site, const Sink& sink) {
  fmt::print("{} ({}, {})\n", sink.id, name_of(sink.kind), without_query(sink.url));
  std::fflush(stdout);
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = ask(site, sink);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  if (!answer) {
    fmt::print("  FAILED after {} ms: {}\n", ms, answer.error().message());
    return false;
  }
  const bool ok = verdict(*answer) == Verdict::accepted;
  fmt::print("  {} after {} ms: {}\n  {}\n", ok ? "ok" : "FAILED", ms,
             sink.kind == Sink::Kind::mqtt ? "the broker has acknowledged" : reason(*answer), advice(sink, *answer));
  return ok;
}

}  // namespace

int sink_test(const SinkArguments& arguments) {
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  const Site& site = configuration->site;
  std::size_t tested = 0;
  bool ok = true;
  for (const Sink& sink : site.sinks) {
    if (!arguments.sink.empty() && sink.id != arguments.sink) continue;
    ++tested;
    ok &= test_one(site, sink);
  }
  if (tested == 0) {
    std::string known;
    for (const Sink& sink : site.sinks) known += (known.empty() ? "" : ", ") + sink.id;
    fmt::print(stderr, "{}: there is no sink{}; it has {}\n", arguments.config,
               arguments.sink.empty() ? "" : " '" + arguments.sink + "'", known.empty() ? "none" : known);
    return exit_bad_configuration;
  }
  return ok ? exit_done : exit_failed;
}

}  // namespace gateway

#include "drivers/modbus/modbus_link.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <modbus.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

struct FreeContext {
  void operator()(modbus_t* context) const noexcept { modbus_free(context); }
};

std::unexpected<LinkFailure> fail(PollFailure kind, std::string text, std::uint8_t exception = 0) {
  return std::unexpected(LinkFailure{kind, exception, std::move(text)});
}

// Time of 3.5 characters; fixed above 19200 baud (Modbus over Serial Line 1.02, 2.5.1.1).
std::chrono::nanoseconds frame_silence(const BusUrl& url) {
  if (url.kind != BusKind::rtu) return 0ns;
  if (url.baud > 19'200) return 1750us;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(3.5 * 11 * 1e9 / url.baud)};
}

// What libmodbus's errno says of an answer.
LinkFailure failure_of(int error, bool serial_frames) {
  const std::string text = modbus_strerror(error);
  if (error == ETIMEDOUT) return {PollFailure::timeout, 0, "no answer"};
  if (error == EMBBADCRC) return {PollFailure::crc, 0, text};
  if (error == EMBBADSLAVE) return {PollFailure::foreign_unit, 0, "the answer comes from another unit"};
  if (error > MODBUS_ENOBASE && error < MODBUS_ENOBASE + MODBUS_EXCEPTION_MAX) {
    const auto code = static_cast<std::uint8_t>(error - MODBUS_ENOBASE);
    return {PollFailure::exception, code, fmt::format("exception {}: {}", code, text)};
  }
  // libmodbus says "bad data" for a transaction id that is not ours (TCP) and for a length that does not fit.
  if (error == EMBBADDATA || error == EMBMDATA || error == EMBBADEXC || error == EMBUNKEXC) {
    if (serial_frames) return {PollFailure::short_frame, 0, "the answer does not fit the request"};
    return {PollFailure::stale, 0, "the answer belongs to an earlier request"};
  }
  return {PollFailure::connection, 0, std::strerror(error)};
}

}  // namespace

struct ModbusLink::State {
  State(BusUrl url_, std::chrono::nanoseconds pause_)
      : url(std::move(url_)), pause(pause_), silence(frame_silence(url)) {}
  ~State() { close(); }

  std::expected<void, LinkFailure> open(std::chrono::nanoseconds timeout) {
    if (context && open_) return {};
    return url.kind == BusKind::rtu ? open_serial() : open_network(timeout);
  }

  std::expected<void, LinkFailure> open_serial() {
    context.reset(modbus_new_rtu(url.device.c_str(), static_cast<int>(url.baud), static_cast<char>(url.parity),
                                 url.data_bits, url.stop_bits));
    if (!context) return fail(PollFailure::connection, std::strerror(errno));
    if (modbus_connect(context.get()) != 0) {
      const auto text = fmt::format("{}: {}", url.device, std::strerror(errno));
      context.reset();
      return fail(PollFailure::connection, text);
    }
    const int file = modbus_get_socket(context.get());
    // Two masters on one RS-485 line garble each other; a second gateway (or a forgotten tool that locks too) is told
    // so.
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      close();
      return fail(PollFailure::connection, fmt::format("{}: in use by another program", url.device));
    }
    return opened(file);
  }

  std::expected<void, LinkFailure> open_network(std::chrono::nanoseconds timeout) {
    if (!context) {
      context.reset(url.kind == BusKind::tcp ? modbus_new_tcp_pi(url.host.c_str(), std::to_string(url.port).c_str())
                                             : modbus_new_rtu("rtu-over-tcp", static_cast<int>(url.baud), 'N', 8, 1));
      if (!context) return fail(PollFailure::connection, std::strerror(errno));
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found); error != 0)
      return fail(PollFailure::connection, fmt::format("{}: {}", url.host, ::gai_strerror(error)));
    std::string text = "no address";
    int file = -1;
    for (const auto* address = found; address != nullptr && file < 0; address = address->ai_next)
      file = connect_to(*address, timeout, text);
    ::freeaddrinfo(found);
    if (file < 0) return fail(PollFailure::connection, fmt::format("{}:{}: {}", url.host, url.port, text));
    const int on = 1;
    ::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    modbus_set_socket(context.get(), file);
    return opened(file);
  }

  static int connect_to(const addrinfo& address, std::chrono::nanoseconds timeout, std::string& text) {
    const int file =
        ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol);
    if (file < 0) {
      text = std::strerror(errno);
      return -1;
    }
    int error = 0;
    if (::connect(file, address.ai_addr, address.ai_addrlen) != 0) {
      error = errno;
      if (error == EINPROGRESS) {
        pollfd wait{file, POLLOUT, 0};
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
        socklen_t size = sizeof error;
        error = ETIMEDOUT;
        if (::poll(&wait, 1, static_cast<int>(ms)) == 1) ::getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error != 0) {
      text = std::strerror(error);
      ::close(file);
      return -1;
    }
    ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
    return file;
  }

  std::expected<void, LinkFailure> opened(int file) {
    // libmodbus waits with select(), which can't watch higher ones (and would write past its set).
    if (file >= FD_SETSIZE) {
      open_ = true;
      close();
      return fail(PollFailure::connection, "too many open files for one process; the site has too many buses");
    }
    open_ = true;
    file_.store(file);
    // An interrupt() that came while connecting found no descriptor to wake.
    if (interrupted.load()) ::shutdown(file, SHUT_RDWR);
    return {};
  }

  void close() {
    file_.store(-1);
    if (context && open_) modbus_close(context.get());
    open_ = false;
    if (url.kind == BusKind::rtu) context.reset();
  }

  void keep_silence() {
    auto from = last_activity + std::max(silence, pause);
    if (url.serial_frames()) from = std::max(from, not_before);
    if (from > Steady::now()) std::this_thread::sleep_until(from);
    // RTU answers carry no number: what is there before we ask can only belong to an earlier request.
    if (!url.serial_frames()) return;
    pollfd wait{file_.load(), POLLIN, 0};
    if (::poll(&wait, 1, 0) > 0) drain(std::max<std::chrono::nanoseconds>(silence, 20ms));
  }

  // Whatever still comes is read away until the line was silent for `quiet`.
  void drain(std::chrono::nanoseconds quiet) {
    const auto deadline = Steady::now() + quiet + 1s;
    pollfd wait{file_.load(), POLLIN, 0};
    char rubbish[256];
    while (Steady::now() < deadline && !interrupted.load()) {
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(quiet).count();
      if (::poll(&wait, 1, static_cast<int>(ms)) <= 0) return;
      if (::read(wait.fd, rubbish, sizeof rubbish) <= 0) return;
    }
  }

  BusUrl url;
  std::chrono::nanoseconds pause;
  std::chrono::nanoseconds silence;
  std::unique_ptr<modbus_t, FreeContext> context;
  bool open_ = false;
  std::atomic<int> file_{-1};
  std::atomic<bool> interrupted{false};
  Steady::time_point last_activity{};
  Steady::time_point not_before{};  // serial frames: until then the answer that failed to come may still come
  std::chrono::nanoseconds timeout_set{-1};
  int unit_set = -1;
};

ModbusLink::ModbusLink(BusUrl url, std::chrono::nanoseconds pause)
    : state_(std::make_unique<State>(std::move(url), pause)) {}
ModbusLink::~ModbusLink() = default;

bool ModbusLink::is_open() const { return state_->file_.load() >= 0; }

void ModbusLink::interrupt() {
  state_->interrupted.store(true);
  if (const int file = state_->file_.load(); file >= 0 && state_->url.kind != BusKind::rtu) ::shutdown(file, SHUT_RDWR);
}

std::expected<void, LinkFailure> ModbusLink::read(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                                                  std::span<std::uint16_t> out, std::chrono::nanoseconds timeout) {
  auto& state = *state_;
  if (state.interrupted.load()) return fail(PollFailure::connection, "stopped");
  const bool was_open = state.open_ && state.context;
  if (auto opened = state.open(timeout); !opened) return opened;
  if (!was_open) {
    state.timeout_set = -1ns;
    state.unit_set = -1;
  }
  if (timeout != state.timeout_set) {
    const auto us = std::chrono::ceil<std::chrono::microseconds>(timeout).count();
    modbus_set_response_timeout(state.context.get(), static_cast<std::uint32_t>(us / 1'000'000),
                                static_cast<std::uint32_t>(us % 1'000'000));
    state.timeout_set = timeout;
  }
  if (unit != state.unit_set) {
    modbus_set_slave(state.context.get(), unit);
    state.unit_set = unit;
  }
  state.keep_silence();
  errno = 0;
  const auto count = static_cast<int>(out.size());
  const int got = function == 4 ? modbus_read_input_registers(state.context.get(), address, count, out.data())
                                : modbus_read_registers(state.context.get(), address, count, out.data());
  const int error = errno;
  state.last_activity = Steady::now();
  if (got == count) return {};
  auto failure = got >= 0 ? LinkFailure{PollFailure::short_frame, 0, "the answer is short"}
                          : failure_of(error, state.url.serial_frames());
  if (failure.kind == PollFailure::exception)
    return std::unexpected(std::move(failure));  // a whole, proper answer: the line is in step
  if (state.url.kind == BusKind::rtu && failure.kind != PollFailure::connection) {
    // As long again as the answer was waited for: a meter that is late by more than that is too slow for this timeout.
    state.drain(timeout);
    state.last_activity = Steady::now();
  } else {
    // On TCP a late answer can only come over the connection that is closed here; a serial server may hand it to the
    // next one.
    state.close();
    if (failure.kind != PollFailure::connection) state.not_before = Steady::now() + timeout;
  }
  return std::unexpected(std::move(failure));
}

}  // namespace gateway

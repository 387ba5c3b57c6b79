#include "drivers/modbus/line.hpp"

#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <modbus.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

struct FreeContext {
  void operator()(modbus_t* context) const noexcept { modbus_free(context); }
};

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  int family = 0;
};

std::expected<std::vector<Address>, std::string> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    return std::unexpected(fmt::format("{}: {}", host, ::gai_strerror(error)));
  std::vector<Address> out;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    Address address;
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    address.family = each->ai_family;
    out.push_back(address);
  }
  ::freeaddrinfo(found);
  return out;
}

// Why a serial port can't be had, to the person who can mend it.
std::string refusal(const std::string& device, int error) {
  if (error == EBUSY) return device + ": in use by another program";
  return fmt::format("{}: {}{}", device, std::strerror(error),
                     error == ENOENT   ? "; is the adapter plugged in?"
                     : error == EACCES ? "; is the user in the group dialout?"
                     : error == EPERM
                         ? "; the service may not use this driver: DeviceAllow= in its unit (operations.md)"
                         : "");
}

}  // namespace

// A name is looked up on a thread of its own: the resolver can hang for half a minute and can't be interrupted.
struct SystemLine::Lookup {
  ~Lookup() {
    if (done >= 0) ::close(done);
  }
  int done = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex;
  std::expected<std::vector<Address>, std::string> result;
};

SystemLine::SystemLine(BusUrl url) : url_(std::move(url)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd for a bus");
}

SystemLine::~SystemLine() {
  close();
  ::close(wake_);
}

void SystemLine::interrupt() noexcept {
  interrupted_.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void SystemLine::close() noexcept {
  if (file_ >= 0) {
    if (exclusive_) {            // never another program's: a port that was refused stays as it is
      ::ioctl(file_, TIOCNXCL);  // on a pty it would outlive us
      // A hung adapter does not take what was sent, and closing would wait half a minute for it.
      ::tcflush(file_, TCIOFLUSH);
    }
    ::close(file_);
  }
  file_ = -1;
  exclusive_ = false;
  open_.store(false, std::memory_order_relaxed);
}

SystemLine::Wake SystemLine::wait(int file, short events, Steady::time_point deadline) noexcept {
  pollfd files[2] = {{file, events, 0}, {wake_, POLLIN, 0}};
  while (true) {
    const auto left = std::max<std::chrono::nanoseconds>(deadline - Steady::now(), 0ns);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec timeout{static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
    const int ready = ::ppoll(files, 2, &timeout, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    if (files[1].revents != 0) return Wake::interrupted;
    if (ready <= 0) return Wake::time;
    if ((files[0].revents & events) != 0) return Wake::ready;
    return Wake::lost;  // hung up, and nothing left to read
  }
}

std::expected<void, std::string> SystemLine::open(Steady::time_point deadline) {
  if (file_ >= 0) return {};
  if (interrupted()) return std::unexpected("stopped");
  auto opened = url_.kind == BusKind::rtu ? open_serial() : open_network(deadline);
  if (!opened) close();
  open_.store(file_ >= 0, std::memory_order_relaxed);
  return opened;
}

std::expected<void, std::string> SystemLine::open_serial() {
  file_ = ::open(url_.device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (file_ < 0) return std::unexpected(refusal(url_.device, errno));
  // Two masters on one RS-485 line garble each other. The lock tells another gateway, TIOCEXCL any other program. The
  // lock comes before the settings: whoever has the port must not find it at another speed, and root gets past
  // TIOCEXCL.
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) return std::unexpected(refusal(url_.device, EBUSY));
  // libmodbus knows how to set a port up, through a descriptor of its own; from there on the bytes are ours.
  const std::unique_ptr<modbus_t, FreeContext> context(modbus_new_rtu(url_.device.c_str(), static_cast<int>(url_.baud),
                                                                      static_cast<char>(url_.parity), url_.data_bits,
                                                                      url_.stop_bits));
  if (!context || modbus_connect(context.get()) != 0) return std::unexpected(refusal(url_.device, errno));
  ::close(modbus_get_socket(context.get()));  // modbus_close() would take the settings back
  ::ioctl(file_, TIOCEXCL);
  exclusive_ = true;
  return {};
}

std::expected<void, std::string> SystemLine::open_network(Steady::time_point deadline) {
  auto addresses = look_up(url_.host, url_.port, AI_NUMERICHOST);
  if (!addresses) {
    if (!lookup_) {
      // Where the system has no thread or descriptor left, the bus fails by name; the next attempt may find some.
      auto fresh = std::make_shared<Lookup>();
      if (fresh->done < 0) return std::unexpected(fmt::format("{}: {}", url_.host, std::strerror(errno)));
      try {
        std::thread([lookup = fresh, host = url_.host, port = url_.port] {
          auto result = look_up(host, port, 0);
          {
            const std::scoped_lock lock(lookup->mutex);
            lookup->result = std::move(result);
          }
          const std::uint64_t one = 1;
          [[maybe_unused]] const auto written = ::write(lookup->done, &one, sizeof one);
        }).detach();
      } catch (const std::system_error& error) {
        return std::unexpected(fmt::format("{}: no thread to look it up: {}", url_.host, error.code().message()));
      }
      lookup_ = std::move(fresh);
    }
    if (wait(lookup_->done, POLLIN, deadline) != Wake::ready)
      return std::unexpected(fmt::format("{}: the name server does not answer", url_.host));
    {
      const std::scoped_lock lock(lookup_->mutex);
      addresses = std::move(lookup_->result);
    }
    lookup_.reset();
    if (!addresses) return std::unexpected(addresses.error());
  }
  std::string text = "no address";
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const auto& address = (*addresses)[i];
    // One that swallows everything, as IPv6 that leads nowhere, must leave time for the next.
    const auto now = Steady::now();
    const auto share = now + (deadline - now) / static_cast<std::int64_t>(addresses->size() - i);
    file_ = ::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file_ < 0) {
      text = std::strerror(errno);
      continue;
    }
    int error = 0;
    if (::connect(file_, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0) error = errno;
    if (error == EINPROGRESS) {
      const auto wake = wait(file_, POLLOUT, share);
      socklen_t size = sizeof error;
      error = ETIMEDOUT;
      if (wake == Wake::ready || wake == Wake::lost) ::getsockopt(file_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) {
      const int on = 1;
      ::setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::setsockopt(file_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      return {};
    }
    text = std::strerror(error);
    ::close(file_);
    file_ = -1;
  }
  return std::unexpected(fmt::format("{}:{}: {}", url_.host, url_.port, text));
}

std::expected<void, std::string> SystemLine::send(std::span<const std::uint8_t> bytes) {
  while (true) {
    const auto sent = url_.kind == BusKind::rtu ? ::write(file_, bytes.data(), bytes.size())
                                                : ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return {};
    if (sent < 0 && errno == EINTR) continue;
    // A request is a dozen bytes: where they don't fit, nobody has taken the earlier ones.
    return std::unexpected(sent < 0 ? std::strerror(errno) : "the line takes no more bytes");
  }
}

std::expected<std::size_t, std::string> SystemLine::receive(std::span<std::uint8_t> into, Steady::time_point deadline) {
  while (true) {
    switch (wait(file_, POLLIN, deadline)) {
      case Wake::ready:
        break;
      case Wake::lost:
        return std::unexpected("the line was closed at the other end");
      case Wake::time:
      case Wake::interrupted:
        return 0;
    }
    const auto got = ::read(file_, into.data(), into.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return std::unexpected(got == 0 ? "the line was closed at the other end" : std::strerror(errno));
  }
}

std::size_t Line::drain(std::chrono::nanoseconds quiet, Steady::time_point latest) {
  std::size_t thrown = 0;
  std::uint8_t rubbish[256];
  while (true) {
    const auto got = receive(rubbish, std::min(now() + quiet, latest));
    if (!got || *got == 0) return thrown;
    thrown += *got;
    if (now() >= latest) return thrown;
  }
}

}  // namespace gateway

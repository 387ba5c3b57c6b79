#include "tests/simulator/modbus_server.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <modbus.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

namespace gateway::simulator {
namespace {

using Context = std::unique_ptr<modbus_t, decltype(&modbus_free)>;

std::uint16_t word(const std::uint8_t* bytes) { return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]); }

// Lets libmodbus write the answer frame.
void answer(modbus_t* context, const std::uint8_t* query, int length, const Device& device) {
  const int header = modbus_get_header_length(context);
  const Request request{query[header - 1], query[header], word(query + header + 1), word(query + header + 3)};
  const auto reply = device(request);
  if (reply.silence) return;
  if (reply.exception) {
    modbus_reply_exception(context, query, static_cast<unsigned>(reply.exception->code));
    return;
  }
  auto* mapping =
      modbus_mapping_new_start_address(0, 0, 0, 0, request.address, request.count, request.address, request.count);
  if (mapping == nullptr) return;
  auto* into = request.function == 4 ? mapping->tab_input_registers : mapping->tab_registers;
  for (std::size_t i = 0; i < reply.registers.size(); ++i) into[i] = reply.registers[i];
  modbus_reply(context, query, length, mapping);
  modbus_mapping_free(mapping);
}

class TcpServer final : public ModbusServer {
 public:
  TcpServer(int listener, std::string place, Device device)
      : listener_(listener),
        place_(std::move(place)),
        device_(std::move(device)),
        context_(modbus_new_tcp("127.0.0.1", 0), &modbus_free) {
    thread_ = std::thread([this] { run(); });
  }
  ~TcpServer() override {
    stopping_ = true;
    thread_.join();
    for (const int client : clients_) ::close(client);
    ::close(listener_);
  }
  [[nodiscard]] std::string place() const override { return place_; }

 private:
  void run() {
    while (!stopping_) {
      std::vector<pollfd> wait{{listener_, POLLIN, 0}};
      for (const int client : clients_) wait.push_back({client, POLLIN, 0});
      if (::poll(wait.data(), wait.size(), 100) <= 0) continue;
      for (std::size_t i = 1; i < wait.size(); ++i)
        if (wait[i].revents != 0 && !serve(wait[i].fd)) {
          ::close(wait[i].fd);
          std::erase(clients_, wait[i].fd);
        }
      if (wait[0].revents == 0) continue;
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      const int on = 1;
      ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      clients_.push_back(client);
    }
  }
  bool serve(int client) {
    std::uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_set_socket(context_.get(), client);
    const int length = modbus_receive(context_.get(), query);
    if (length < 0) return false;
    if (length > 0) answer(context_.get(), query, length, device_);
    return true;
  }

  int listener_;
  std::string place_;
  Device device_;
  Context context_;
  std::vector<int> clients_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// libmodbus answers for one unit id a context and throws away the rest, so the frame is looked at first: it comes from
// the pty's master side, goes through a socket pair to libmodbus, which checks its CRC and writes the answer, and that
// goes back.
class RtuServer final : public ModbusServer {
 public:
  RtuServer(int master, int keep_open, std::filesystem::path link, Device device)
      : master_(master),
        keep_open_(keep_open),
        link_(std::move(link)),
        device_(std::move(device)),
        context_(modbus_new_rtu("pty", 9600, 'N', 8, 1), &modbus_free) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair_) != 0)
      throw std::system_error(errno, std::generic_category(), "socketpair");
    modbus_set_socket(context_.get(), pair_[1]);
    thread_ = std::thread([this] { run(); });
  }
  ~RtuServer() override {
    stopping_ = true;
    thread_.join();
    std::error_code error;
    std::filesystem::remove(link_, error);
    for (const int file : {master_, keep_open_, pair_[0], pair_[1]}) ::close(file);
  }
  [[nodiscard]] std::string place() const override { return link_.string(); }

 private:
  void run() {
    std::vector<std::uint8_t> frame;
    while (!stopping_) {
      pollfd wait{master_, POLLIN, 0};
      // A pause inside a frame ends it, as on the wire; generous, because this is no real line.
      if (::poll(&wait, 1, frame.empty() ? 100 : 20) <= 0) {
        frame.clear();
        continue;
      }
      std::uint8_t bytes[256];
      const auto got = ::read(master_, bytes, sizeof bytes);
      if (got <= 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        continue;
      }
      frame.insert(frame.end(), bytes, bytes + got);
      constexpr std::size_t short_request = 8;  // functions 1 to 6: unit, function, address, count or value, CRC
      while (frame.size() >= short_request) {
        serve(frame.data(), short_request);
        frame.erase(frame.begin(), frame.begin() + short_request);
      }
    }
  }
  void serve(const std::uint8_t* frame, std::size_t size) {
    if (frame[0] == 0 || frame[0] > 247 || frame[1] == 0 || frame[1] > 6) return;
    modbus_set_slave(context_.get(), frame[0]);
    if (::write(pair_[0], frame, size) != static_cast<ssize_t>(size)) return;
    std::uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    const int length = modbus_receive(context_.get(), query);
    if (length > 0) answer(context_.get(), query, length, device_);
    std::uint8_t reply[512];
    const auto written = ::recv(pair_[0], reply, sizeof reply, MSG_DONTWAIT);
    if (written > 0) [[maybe_unused]]
      const auto sent = ::write(master_, reply, static_cast<std::size_t>(written));
  }

  int master_;
  int keep_open_;
  int pair_[2]{-1, -1};
  std::filesystem::path link_;
  Device device_;
  Context context_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

std::expected<std::unique_ptr<ModbusServer>, std::string> serve_tcp(const std::string& host, int port, Device device) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 64) != 0) {
    const std::string why = std::strerror(errno);
    ::close(listener);
    return std::unexpected(host + ":" + std::to_string(port) + ": " + why);
  }
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return std::make_unique<TcpServer>(listener, host + ":" + std::to_string(ntohs(address.sin_port)), std::move(device));
}

std::expected<std::unique_ptr<ModbusServer>, std::string> serve_rtu(const std::filesystem::path& link, Device device) {
  // Not blocking: while nobody reads the other end, answers get lost as on a wire.
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
    return std::unexpected(std::string("no pty: ") + std::strerror(errno));
  const std::string name = ::ptsname(master);
  // Held open, so that the master side does not see a hang-up whenever the gateway closes its end.
  const int slave = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings{};
  ::tcgetattr(slave, &settings);
  ::cfmakeraw(&settings);
  ::tcsetattr(slave, TCSANOW, &settings);
  std::error_code error;
  std::filesystem::remove(link, error);
  std::filesystem::create_symlink(name, link, error);
  if (error) return std::unexpected(link.string() + ": " + error.message());
  return std::make_unique<RtuServer>(master, slave, link, std::move(device));
}

}  // namespace gateway::simulator

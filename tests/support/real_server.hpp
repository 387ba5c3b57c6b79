// Real servers for tests: a child process on a free loopback port, and the smallest HTTP client that can ask it.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/loopback.hpp"

namespace gateway::test {

// Ends with the test, however the test ends.
class ChildProcess {
 public:
  ChildProcess() = default;
  explicit ChildProcess(std::vector<std::string> arguments, const std::filesystem::path& log = "/dev/null") {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    std::vector<char*> raw;
    for (auto& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    ::execvp(raw[0], raw.data());
    ::_exit(127);
  }
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~ChildProcess() { end(SIGKILL); }
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

// "" when nobody answers.
inline std::string http(std::uint16_t port, const std::string& method, const std::string& target,
                        const std::string& body = "") {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address = loopback(port);
  std::string answer;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = method + " " + target +
                                " HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
      char part[4096];
      for (ssize_t n = 0; (n = ::recv(socket, part, sizeof part, 0)) > 0;)
        answer.append(part, static_cast<std::size_t>(n));
    }
  }
  ::close(socket);
  return answer;
}

template <class Condition>
[[nodiscard]] bool eventually(Condition&& condition, std::chrono::milliseconds patience = std::chrono::seconds{30}) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

// Debian's influxdb 1.6, with its data in a folder of the test's.
class InfluxServer {
 public:
  explicit InfluxServer(std::filesystem::path folder) : folder_(std::move(folder)), port_(free_port()) {
    const auto rpc = free_port();
    std::ofstream config(folder_ / "influxdb.conf");
    config << "reporting-enabled = false\nbind-address = \"127.0.0.1:" << rpc << "\"\n[meta]\ndir = \""
           << (folder_ / "meta").string() << "\"\n[data]\ndir = \"" << (folder_ / "data").string() << "\"\nwal-dir = \""
           << (folder_ / "wal").string() << "\"\nquery-log-enabled = false\n"
           << "[monitor]\nstore-enabled = false\n[http]\nbind-address = \"127.0.0.1:" << port_
           << "\"\nlog-enabled = false\n[continuous_queries]\nenabled = false\n";
  }
  void start() {
    process_ = ChildProcess({"influxd", "-config", (folder_ / "influxdb.conf").string()}, folder_ / "influxd.log");
    ASSERT_TRUE(eventually([&] { return http(port_, "GET", "/ping").find("204") != std::string::npos; }));
  }
  void stop(int signal = SIGKILL) { process_.end(signal); }
  std::string query(std::string text) {
    for (char& c : text)
      if (c == ' ') c = '+';
    return http(port_, "POST", "/query?db=energy", "q=" + text);
  }
  // Values (fields of points) in the database.
  std::uint64_t values() {
    // "values":[[0,12,34]]: the first column is the time
    std::uint64_t sum = 0;
    const std::string answer = query("SELECT count(*) FROM /.*/");
    for (auto at = answer.find("\"values\":[["); at != std::string::npos; at = answer.find("\"values\":[[", at)) {
      at = answer.find('[', at) + 2;
      const auto end = answer.find(']', at);
      for (auto comma = answer.find(',', at); comma < end; comma = answer.find(',', comma + 1))
        sum += std::strtoull(answer.c_str() + comma + 1, nullptr, 10);  // null: 0
    }
    return sum;
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_;
  ChildProcess process_;
};

class VictoriaServer {
 public:
  explicit VictoriaServer(std::filesystem::path folder) : folder_(std::move(folder)), port_(free_port()) {}
  void start() {
    process_ = ChildProcess({"victoria-metrics", "-storageDataPath=" + (folder_ / "victoria").string(),
                             "-httpListenAddr=127.0.0.1:" + std::to_string(port_), "-dedup.minScrapeInterval=1ms",
                             "-retentionPeriod=100y", "-search.latencyOffset=0s"},
                            folder_ / "victoria.log");
    ASSERT_TRUE(eventually([&] { return http(port_, "GET", "/health").find("200 OK") != std::string::npos; }));
  }
  void stop(int signal = SIGKILL) { process_.end(signal); }
  std::uint64_t values() {
    http(port_, "GET", "/internal/force_flush");
    const std::string answer = http(port_, "GET", "/api/v1/export?match[]={__name__!=%22%22}");
    std::uint64_t sum = 0;
    for (auto at = answer.find("\"timestamps\":["); at != std::string::npos;
         at = answer.find("\"timestamps\":[", at + 1))
      for (auto i = at; answer[i] != ']'; ++i)
        if (answer[i] == ',' || answer[i] == '[') ++sum;
    return sum;
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_;
  ChildProcess process_;
};

}  // namespace gateway::test

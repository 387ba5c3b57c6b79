// A real mosquitto on a free loopback port, in a folder of its own, ended with the object. It can be stopped and
// started again on the same port; nothing is persisted, so it comes back without sessions or retained messages.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/loopback.hpp"

namespace gateway::test {

class Mosquitto {
 public:
  // `settings`: lines of mosquitto.conf; FOLDER in them stands for folder().
  explicit Mosquitto(std::string settings = "allow_anonymous true\n") : settings_(std::move(settings)) {
    std::string name = (std::filesystem::temp_directory_path() / "gateway-mosquitto-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~Mosquitto() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  // Further lines of mosquitto.conf. Before start().
  void also(const std::string& settings) { settings_ += settings; }

  // OpenSSL's own limits for it, as "MaxProtocol = TLSv1.1": mosquitto's tls_version is a minimum. Before start().
  void limit_openssl(const std::string& settings) const {
    std::ofstream(openssl_settings())
        << "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = limits\n[limits]\n"
        << settings;
  }

  // Another program may take the free port between the look and the start: then another one is tried.
  void start() {
    for (int attempt = 0; attempt < 10; ++attempt) {
      const bool again = port_ != 0;
      if (!again) port_ = free_port();
      write_settings();
      launch();
      if (accepts()) return;
      stop();
      if (!again) port_ = 0;
    }
    throw std::runtime_error("mosquitto does not start; see its log: " + log());
  }
  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::kill(process_, SIGCONT);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  void freeze() { ::kill(process_, SIGSTOP); }
  void thaw() { ::kill(process_, SIGCONT); }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::string url(std::string_view scheme = "mqtt", std::string_view host = "127.0.0.1") const {
    return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(port_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Runs a command in the folder, throws when it fails.
  void run(const std::string& command) const {
    if (std::system(("cd '" + folder_.string() + "' && ( " + command + " ) > command.log 2>&1").c_str()) != 0)
      throw std::runtime_error("failed: " + command);
  }

 private:
  [[nodiscard]] std::filesystem::path openssl_settings() const { return folder_ / "openssl.cnf"; }
  void write_settings() const {
    auto text = "user root\npersistence false\nset_tcp_nodelay true\nlistener " + std::to_string(port_) +
                " 127.0.0.1\n" + settings_;
    for (std::size_t at = 0; (at = text.find("FOLDER", at)) != std::string::npos;)
      text.replace(at, 6, folder_.string());
    std::ofstream(folder_ / "mosquitto.conf") << text;
  }
  void launch() {
    const auto config = (folder_ / "mosquitto.conf").string();
    const auto log_file = (folder_ / "log").string();
    const auto openssl = std::filesystem::exists(openssl_settings()) ? openssl_settings().string() : std::string{};
    process_ = ::fork();
    if (process_ != 0) return;
    const int out = ::open(log_file.c_str(), O_CREAT | O_APPEND | O_WRONLY, 0600);
    if (out >= 0 && (::dup2(out, 1) < 0 || ::dup2(out, 2) < 0)) ::_exit(126);
    if (!openssl.empty()) ::setenv("OPENSSL_CONF", openssl.c_str(), 1);
    ::execlp("mosquitto", "mosquitto", "-c", config.c_str(), nullptr);
    ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", config.c_str(), nullptr);
    ::_exit(127);
  }
  [[nodiscard]] bool accepts() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 1000; ++i) {
      if (::waitpid(process_, nullptr, WNOHANG) != 0) return false;
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      if (socket < 0) return false;
      const int result = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      ::close(socket);
      if (result == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  std::string settings_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

}  // namespace gateway::test

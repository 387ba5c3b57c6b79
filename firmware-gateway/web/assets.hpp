// The dashboard's files, out of the program itself.
//
// They are held gzipped and sent so; a client that doesn't take gzip gets them inflated. Names are looked up whole in a
// fixed table: there is no path to climb out of. Immutable after construction.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/embedded_file.hpp"
#include "firmware-gateway/web/http_message.hpp"

namespace gateway {

class Assets {
 public:
  // Files named *.gz are gzipped; one named *.pack holds many (cmake/pack_dashboard.mjs). The bytes must outlive this.
  explicit Assets(std::span<const EmbeddedFile> files);

  // For GET and HEAD; 404 when there is no such file, 304 when the client has it.
  [[nodiscard]] HttpResponse respond(const HttpRequest& request) const;
  [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }

 private:
  struct File {
    std::string_view bytes;
    bool gzipped = false;
    std::string etag;
  };
  void add(std::string_view name, std::string_view bytes);
  void add_pack(std::string_view pack);

  std::map<std::string, File, std::less<>> files_;  // by path: "/assets/index-1a2b3c4d.js"
};

[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace gateway
